using System.CommandLine;
using Plenum.Cli.Apps;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Jobs;

/// <summary>The four verbs about a job's schedules.</summary>
internal static class JobScheduleCommands
{
    public static Command Create(CliHost host) => new("schedule", "Schedules of a job.")
    {
        new Write(host, "add", "Add a schedule to a job.", HttpMethod.Post),
        new Write(host, "update", "Replace a schedule of a job.", HttpMethod.Put),
        new Show(host),
        new Remove(host),
    };

    private sealed class Write : BaseCommand
    {
        private readonly Argument<string> _id = JobText.IdArgument();
        private readonly Argument<string> _file = new("FILE") { Description = "The schedule as JSON; - reads standard input." };
        private readonly HttpMethod _method;

        public Write(CliHost host, string name, string description, HttpMethod method)
            : base(host, name, description)
        {
            _method = method;
            Arguments.Add(_id);
            Arguments.Add(_file);
        }

        protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
        {
            var id = arguments.GetRequiredValue(_id);
            var file = arguments.GetRequiredValue(_file);
            var schedule = await DefinitionFile.ReadAsync(file, run.Host, cancellationToken);
            if (schedule.Text("id") is not { Length: > 0 } name)
            {
                throw new CommandFailure(ExitCodes.Usage, $"{file} does not hold a schedule: it must be an object with an id");
            }
            var path = _method == HttpMethod.Post ? MetronomeClient.Schedules(id) : MetronomeClient.Schedule(id, name);
            var stored = await run.Metronome.SendAsync(_method, path, schedule.GetRawText(), cancellationToken);
            run.Display.Line($"{name} of {id} runs next at {JobText.NextRun(stored)}");
            return ExitCodes.Success;
        }
    }

    private sealed class Show : BaseCommand
    {
        private readonly Argument<string> _id = JobText.IdArgument();

        public Show(CliHost host)
            : base(host, "show", "List the schedules of a job.", json: true) => Arguments.Add(_id);

        protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
        {
            var schedules = (await run.Metronome.SendAsync(
                HttpMethod.Get, MetronomeClient.Schedules(arguments.GetRequiredValue(_id)), null, cancellationToken)).Elements().ToList();
            if (run.Display.IsJson)
            {
                run.Display.Json(JsonReading.ArrayOf(schedules));
            }
            else if (schedules.Count == 0)
            {
                run.Display.Line("no schedules; ./plenum job schedule add JOB FILE adds one");
            }
            else
            {
                run.Display.Table(["ID", "CRON", "ENABLED", "CONCURRENCY POLICY", "NEXT RUN"], schedules.Select(static schedule => new[]
                {
                    schedule.Text("id"), schedule.Text("cron"), schedule.Flag("enabled") ? "True" : "False",
                    schedule.Text("concurrencyPolicy"), JobText.NextRun(schedule),
                }));
            }
            return ExitCodes.Success;
        }
    }

    private sealed class Remove : BaseCommand
    {
        private readonly Argument<string> _id = JobText.IdArgument();
        private readonly Argument<string> _schedule = new("SCHEDULE") { Description = "The schedule's id." };

        public Remove(CliHost host)
            : base(host, "remove", "Remove a schedule of a job.")
        {
            Arguments.Add(_id);
            Arguments.Add(_schedule);
        }

        protected override async Task<int> RunAsync(ParseResult arguments, CommandRun run, CancellationToken cancellationToken)
        {
            var (id, schedule) = (arguments.GetRequiredValue(_id), arguments.GetRequiredValue(_schedule));
            await run.Metronome.SendAsync(HttpMethod.Delete, MetronomeClient.Schedule(id, schedule), null, cancellationToken);
            run.Display.Line($"{schedule} of {id} is removed");
            return ExitCodes.Success;
        }
    }
}
