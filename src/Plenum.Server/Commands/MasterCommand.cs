using System.CommandLine;

namespace Plenum.Server.Commands;

/// <summary>Master and Marathon without an agent.</summary>
internal static class MasterCommand
{
    public static Command Create()
    {
        var arguments = new NodeArguments();
        var command = new Command("master", "Master and Marathon, without an agent.")
        {
            arguments.State, arguments.Listen, arguments.MasterPort, arguments.MarathonPort,
            arguments.RoleSorter, arguments.FrameworkSorter, arguments.OfferTimeout, arguments.AgentRemoval, arguments.Libprocess, arguments.Whitelist,
            arguments.MesosBridgeName, arguments.DefaultNetworkName,
        };
        command.SetAction((parsed, _) => RoleRunner.RunAsync(async (log, cancellationToken) =>
        {
            var role = new RunningRole("master and Marathon");
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
