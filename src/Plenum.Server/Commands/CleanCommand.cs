using System.CommandLine;
using Plenum.Agent;

namespace Plenum.Server.Commands;

/// <summary>Removes what agents of this state directory left: containers, mounts, cgroups.</summary>
internal static class CleanCommand
{
    public static Command Create()
    {
        var arguments = new NodeArguments();
        var command = new Command("clean", "Remove every container of the agents of a state directory. The cluster must be down.")
        {
            arguments.State,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var state = arguments.Read(parsed).State;
            using var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Warning).AddSimpleConsole());
            try
            {
                foreach (var workDirectory in state.ExistingAgents())
                {
                    await AgentCleanup.RemoveContainersAsync(workDirectory, TimeProvider.System, loggers, cancellationToken);
                }
            }
            catch (AgentStartException e)
            {
                Console.Error.WriteLine($"plenumd: {e.Message}");
                return ExitCodes.State;
            }

            Hosting.Addresses.Forget(state);
            return ExitCodes.Success;
        });
        return command;
    }
}
