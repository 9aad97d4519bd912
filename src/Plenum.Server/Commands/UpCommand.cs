using System.CommandLine;
using Plenum.Server.Hosting;

namespace Plenum.Server.Commands;

/// <summary>A whole cluster in this process: master, Marathon, Metronome and the first agent.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var arguments = new NodeArguments();
        var command = new Command("up", "Master, Marathon, Metronome and one agent in one process. ./plenum up starts this with a supervisor.")
        {
            arguments.State, arguments.Listen, arguments.MasterPort, arguments.MarathonPort, arguments.MetronomePort, arguments.AgentPort, arguments.Agents,
            arguments.Resources, arguments.Attributes, arguments.ReconfigurationPolicy, arguments.ProcessRuntime,
            arguments.NetworkConfigurations, arguments.NetworkPlugins, arguments.BridgeSubnet, arguments.BridgeSubnet6,
            arguments.RoleSorter, arguments.FrameworkSorter, arguments.OfferTimeout, arguments.AgentRemoval, arguments.Libprocess, arguments.Whitelist,
            arguments.HostPrograms, arguments.UserNamespaces, arguments.MappedVolumes, arguments.SeccompConfigurationDirectory,
            arguments.SecretsDirectory, arguments.ResourceProviderConfigDirectory, arguments.DiskProfiles, arguments.DockerVolumeDriverCli,
            arguments.ImagePullTimeout, arguments.ImageStoreSize, arguments.LogAge, arguments.DockerConfig,
            arguments.RegistryCertificates, arguments.InsecureRegistries,
            arguments.MesosBridgeName, arguments.DefaultNetworkName,
        };
        foreach (var option in arguments.Limits.All.Concat(arguments.Executors.All))
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, _) => RoleRunner.RunAsync(async (log, cancellationToken) =>
        {
            var node = arguments.Read(parsed);
            var role = new RunningRole("master, Marathon, Metronome and agent");
            try
            {
                var metronome = await Roles.AddMasterAsync(role, node, log, cancellationToken);
                await Roles.AddAgentAsync(role, node, log, cancellationToken);
                Addresses.Write(node, metronome);
                return role;
            }
            catch
            {
                await role.DisposeAsync();
                throw;
            }
        }));
        return command;
    }
}
