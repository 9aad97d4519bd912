using System.CommandLine;
using Plenum.Cli.Clients;
using Plenum.Cli.Deployments;

namespace Plenum.Cli.Commands;

/// <summary>A command that changes what should run and waits until it does.</summary>
internal abstract class ChangeCommand : BaseCommand
{
    private readonly Option<bool> _force = new("--force")
    {
        Description = "Cancel a running deployment of the same app first.",
    };

    private readonly Option<bool> _noWait = new("--no-wait")
    {
        Description = "Return when the change is accepted.",
    };

    private readonly Option<int?> _timeout = new("--timeout")
    {
        Description = "Wait at most this long; the deployment goes on afterwards.",
        HelpName = "SECONDS",
        CustomParser = result => WholeNumber.Parse(result),
    };

    protected ChangeCommand(CliHost host, string name, string description, bool forceable = true)
        : base(host, name, description, json: true)
    {
        if (forceable)
        {
            Options.Add(_force);
        }
        Options.Add(_noWait);
        Options.Add(_timeout);
    }

    protected bool Force(ParseResult arguments) => arguments.GetValue(_force);

    /// <summary>Posts the change, waits for its deployment, and says how it ended.</summary>
    protected async Task<int> ApplyAsync(
        ParseResult arguments, CommandRun run, Change change, CancellationToken cancellationToken)
    {
        // Listening starts before the change is posted: a small deployment ends within milliseconds.
        await using var events = await DeploymentEvents.ListenAsync(run.Marathon, run.Host.Time, cancellationToken);
        var answer = await run.Marathon.ChangeAsync(change.Method, change.Path, change.Body, Force(arguments), cancellationToken);
        if (!answer.Succeeded)
        {
            var failure = ApiClient.Failure(answer);
            throw new CommandFailure(failure.ExitCode, failure.Message, failure.Advice ?? Advice(answer, change));
        }

        var id = answer.DeploymentId;
        if (id is null)
        {
            // Nothing to carry out, as when a pod is removed that never ran.
            return Told(run, change.Subject, null, "done", $"{change.Subject} {change.Done}");
        }
        if (arguments.GetValue(_noWait))
        {
            return Told(
                run, change.Subject, id, "started", $"{change.Subject}: deployment {id} started; ./plenum deployment watch {id} follows it");
        }
        var timeout = arguments.GetValue(_timeout) is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        var end = await run.Follower().FollowAsync(id, events, timeout, cancellationToken);
        return await DeploymentReport.EndAsync(run, change.Subject, change.Done, id, end, cancellationToken);
    }

    private static int Told(CommandRun run, string subject, string? id, string result, string text)
    {
        if (run.Display.IsJson)
        {
            run.Display.Json(DeploymentReport.Json(subject, id, result, null));
        }
        run.Display.Line(text);
        return ExitCodes.Success;
    }

    private static string? Advice(ApiAnswer answer, Change change) => (int)answer.Status switch
    {
        404 when change.Subject.StartsWith('/') => "./plenum app list shows what there is",
        409 when answer.Body.Items("deployments").Any() =>
            $"wait for it with ./plenum deployment watch {answer.DeploymentId}, or cancel it with --force",
        409 => $"change what exists with ./plenum app update {change.Subject}, or remove it first",
        _ => null,
    };

    /// <param name="Subject">The app, or what the change is about.</param>
    /// <param name="Done">What is true when the deployment has succeeded.</param>
    protected sealed record Change(HttpMethod Method, string Path, string? Body, string Subject, string Done);
}
