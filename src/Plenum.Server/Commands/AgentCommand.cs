using System.CommandLine;

namespace Plenum.Server.Commands;

/// <summary>One agent, for a master that runs already.</summary>
internal static class AgentCommand
{
    public static Command Create()
    {
        var arguments = new NodeArguments();
        var command = new Command("agent", "One agent. It looks for the master at --master-port until it answers.")
        {
            arguments.State, arguments.Listen, arguments.MasterPort, arguments.AgentPort, arguments.Agents, arguments.Number,
            arguments.Resources, arguments.Attributes, arguments.ReconfigurationPolicy, arguments.ProcessRuntime,
            arguments.NetworkConfigurations, arguments.NetworkPlugins, arguments.BridgeSubnet, arguments.BridgeSubnet6,
            arguments.HostPrograms, arguments.UserNamespaces, arguments.MappedVolumes, arguments.SeccompConfigurationDirectory,
            arguments.SecretsDirectory, arguments.ResourceProviderConfigDirectory, arguments.DiskProfiles, arguments.DockerVolumeDriverCli,
            arguments.Libprocess, arguments.ImagePullTimeout, arguments.ImageStoreSize, arguments.LogAge, arguments.DockerConfig,
            arguments.RegistryCertificates, arguments.InsecureRegistries,
        };
        foreach (var option in arguments.Limits.All.Concat(arguments.Executors.All))
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, _) => RoleRunner.RunAsync(async (log, cancellationToken) =>
        {
            var node = arguments.Read(parsed);
            var role = new RunningRole($"agent {node.AgentNumber}");
            try
            {
                await Roles.AddAgentAsync(role, node, log, cancellationToken);
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
