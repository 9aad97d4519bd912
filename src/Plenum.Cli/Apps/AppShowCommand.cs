using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Output;

namespace Plenum.Cli.Apps;

internal sealed class AppShowCommand : BaseCommand
{
    private readonly Argument<string> _id = AppId.Argument();

    private readonly Option<string?> _version = new("--version")
    {
        Description = "An earlier version, as app versions lists it.",
        HelpName = "VERSION",
    };

    public AppShowCommand(CliHost host)
        : base(host, "show", "Show one app with its tasks.", json: true)
    {
        Arguments.Add(_id);
        Options.Add(_version);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var app = arguments.GetValue(_version) is { } version
            ? await run.Marathon.AppVersionAsync(id, version, cancellationToken)
            : await run.Marathon.AppAsync(id, cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(app);
            return ExitCodes.Success;
        }
        run.Display.Facts(Facts(app, run.Now));
        var tasks = app.Items("tasks").ToList();
        if (tasks.Count > 0)
        {
            run.Display.Line("");
            run.Display.Table(
                ["TASK", "STATE", "HEALTH", "HOST", "PORTS", "SINCE"],
                tasks.Select(task => new[]
                {
                    task.Text("id"),
                    task.Text("state"),
                    Health(task),
                    task.Text("host"),
                    string.Join(' ', task.Items("ports").Select(port => port.ToString())),
                    Humane.Ago(Humane.Time(task.Text("startedAt")) ?? Humane.Time(task.Text("stagedAt")), run.Now),
                }));
        }
        return ExitCodes.Success;
    }

    private static IEnumerable<(string Name, string Value)> Facts(JsonElement app, DateTimeOffset now)
    {
        yield return ("app", app.Text("id"));
        yield return ("version", app.Text("version"));
        yield return ("image", AppText.Image(app));
        yield return ("command", app.Text("cmd"));
        yield return ("arguments", string.Join(' ', app.Items("args").Select(argument => argument.ToString())));
        yield return ("instances", app.Member("tasksRunning") is null
            ? app.Integer("instances").ToString()
            : $"{app.Integer("tasksRunning")} of {app.Integer("instances")} running, {app.Integer("tasksStaged")} staged");
        yield return ("health", app.Items("healthChecks").Any()
            ? $"{app.Integer("tasksHealthy")} healthy, {app.Integer("tasksUnhealthy")} unhealthy"
            : "");
        yield return ("resources", $"{Humane.Amount(app.Number("cpus"))} cpus, {Humane.Amount(app.Number("mem"))} MB memory, {Humane.Amount(app.Number("disk"))} MB disk");
        yield return ("constraints", string.Join(", ", app.Items("constraints").Select(
            constraint => string.Join(' ', constraint.Elements().Select(part => part.ToString())))));
        yield return ("labels", Pairs(app, "labels"));

        // Values of the environment may be secrets that nobody wants on a screen: --json has them.
        yield return ("environment", string.Join(' ', Names(app, "env")));
        yield return ("deployment", string.Join(' ', app.Items("deployments").Select(deployment => deployment.Text("id"))));
        if (app.Member("lastTaskFailure") is { } failure)
        {
            yield return ("last failure", $"{failure.Text("state")} {Humane.Ago(Humane.Time(failure.Text("timestamp")), now)} ago on "
                + $"{failure.Text("host")}: {failure.Text("message")}");
        }
    }

    private static string Health(JsonElement task)
    {
        var results = task.Items("healthCheckResults").ToList();
        return results.Count == 0 ? "-" : results.All(result => result.Flag("alive")) ? "healthy" : "unhealthy";
    }

    private static string Pairs(JsonElement app, string name) => app.Member(name) is { ValueKind: JsonValueKind.Object } pairs
        ? string.Join(' ', pairs.EnumerateObject().Select(pair => $"{pair.Name}={pair.Value}"))
        : "";

    private static IEnumerable<string> Names(JsonElement app, string name) =>
        app.Member(name) is { ValueKind: JsonValueKind.Object } pairs ? pairs.EnumerateObject().Select(pair => pair.Name) : [];
}
