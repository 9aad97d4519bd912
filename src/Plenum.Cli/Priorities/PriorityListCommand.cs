using System.CommandLine;
using System.Globalization;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Priorities;

internal sealed class PriorityListCommand(CliHost host) : BaseCommand(host, "list", "List the roles that have a priority.", json: true)
{
    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var priorities = (await run.Master.PrioritiesAsync(cancellationToken)).Elements().ToList();
        if (run.Display.IsJson)
        {
            run.Display.Json(JsonReading.ArrayOf(priorities));
        }
        else if (priorities.Count == 0)
        {
            run.Display.Line("no role has a priority: no task ends for another one's sake");
        }
        else
        {
            run.Display.Table(
                ["ROLE", "PRIORITY"],
                priorities
                    .OrderByDescending(entry => entry.Integer("priority"))
                    .ThenBy(entry => entry.Text("role"), StringComparer.Ordinal)
                    .Select(entry => new[]
                    {
                        entry.Text("role"), entry.Integer("priority").ToString(CultureInfo.InvariantCulture),
                    }));
        }
        return ExitCodes.Success;
    }
}
