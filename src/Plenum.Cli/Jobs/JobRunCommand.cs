using System.CommandLine;
using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

internal sealed class JobRunCommand : BaseCommand
{
    private readonly Argument<string> _id = JobText.IdArgument();

    private readonly Option<string[]> _variables = new("--env")
    {
        Description = "A variable of this run alone, NAME=VALUE; may be given several times.",
        HelpName = "NAME=VALUE",
    };

    private readonly Option<string?> _command = new("--cmd") { Description = "The command of this run alone.", HelpName = "COMMAND" };

    public JobRunCommand(CliHost host)
        : base(host, "run", "Start a run of a job now, whatever its schedules say.", json: true)
    {
        Arguments.Add(_id);
        Options.Add(_variables);
        Options.Add(_command);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
    {
        var id = arguments.GetRequiredValue(_id);
        var body = Body(arguments.GetValue(_variables) ?? [], arguments.GetValue(_command));
        var started = await run.Metronome.SendAsync(HttpMethod.Post, MetronomeClient.Runs(id), body, cancellationToken);
        if (run.Display.IsJson)
        {
            run.Display.Json(started);
        }
        run.Display.Line($"run {started.Text("id")} of {id} is started; ./plenum job history {id} tells how it ends");
        return ExitCodes.Success;
    }

    private static string Body(IReadOnlyList<string> variables, string? command)
    {
        if (variables.Count == 0 && command is null)
        {
            return "{}";
        }
        return JsonReading.Build(writer =>
        {
            writer.WriteStartObject();
            writer.WriteStartObject("overrides");
            if (command is not null)
            {
                writer.WriteString("cmd", command);
            }
            writer.WriteStartObject("env");
            foreach (var variable in variables)
            {
                var equals = variable.IndexOf('=', StringComparison.Ordinal);
                if (equals < 1)
                {
                    throw new CommandFailure(ExitCodes.Usage, $"'{variable}' is no variable: write it as NAME=VALUE");
                }
                writer.WriteString(variable[..equals], variable[(equals + 1)..]);
            }
            writer.WriteEndObject();
            writer.WriteEndObject();
            writer.WriteEndObject();
        }).GetRawText();
    }
}
