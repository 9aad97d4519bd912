using System.CommandLine;

namespace Plenum.Server.Commands;

/// <summary>Master, Marathon and Metronome without an agent.</summary>
internal static class MasterCommand
{
    public static Command Create()
    {
        var arguments = new NodeArguments();
        var command = new Command("master", "Master, Marathon and Metronome, without an agent.")
        {
            arguments.State, arguments.Listen, arguments.MasterPort, arguments.MarathonPort, arguments.MetronomePort,
            arguments.RoleSorter, arguments.FrameworkSorter, arguments.OfferTimeout, arguments.AgentRemoval, arguments.Libprocess, arguments.Whitelist,
            arguments.MesosBridgeName, arguments.DefaultNetworkName,
        };
        command.SetAction((parsed, _) => RoleRunner.RunAsync(async (log, cancellationToken) =>
        {
            var role = new RunningRole("master, Marathon and Metronome");
            try
            {
                await Roles.AddMasterAsync(role, arguments.Read(parsed), log, cancellationToken);
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
