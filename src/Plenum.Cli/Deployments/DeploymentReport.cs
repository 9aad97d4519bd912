using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Deployments;

/// <summary>Says how a deployment ended, with the exit code that goes with it.</summary>
internal static class DeploymentReport
{
    public static async Task<int> EndAsync(
        CommandRun run, string subject, string done, string id, DeploymentEnd end, CancellationToken cancellationToken)
    {
        if (run.Display.IsJson)
        {
            run.Display.Json(Json(subject, id, Word(end.Result), end.Reason));
        }
        switch (end.Result)
        {
            case DeploymentResult.Failed:
                run.Display.Fail(
                    $"{subject}: deployment {id} failed or was cancelled{(end.Reason is null ? "" : ": " + end.Reason)}",
                    "./plenum deployment list shows what took its place");
                return ExitCodes.DeploymentFailed;
            case DeploymentResult.Waits:
                run.Display.Line($"{subject}: deployment {id} waits: {end.Reason}");
                return ExitCodes.Success;
            case DeploymentResult.TimedOut:
                run.Display.Fail(
                    $"{subject}: deployment {id} still runs{(end.Reason is null ? "" : "; " + end.Reason)}",
                    $"./plenum deployment watch {id} follows it, ./plenum deployment rollback {id} takes it back");
                return ExitCodes.TimedOut;
            case DeploymentResult.Over:
                run.Display.Line($"{subject}: deployment {id} is over");
                return ExitCodes.Success;
            default:
                run.Display.Line($"{subject} {done}{await CountsAsync(run, subject, cancellationToken)}");
                return ExitCodes.Success;
        }
    }

    public static JsonElement Json(string subject, string? id, string result, string? reason) => JsonReading.Build(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("id", subject);
        writer.WriteString("deploymentId", id);
        writer.WriteString("result", result);
        if (reason is not null)
        {
            writer.WriteString("reason", reason);
        }
        writer.WriteEndObject();
    });

    private static string Word(DeploymentResult result) => result switch
    {
        DeploymentResult.Succeeded => "succeeded",
        DeploymentResult.Failed => "failed",
        DeploymentResult.TimedOut => "running",
        DeploymentResult.Waits => "waiting",
        _ => "over",
    };

    private static async Task<string> CountsAsync(CommandRun run, string subject, CancellationToken cancellationToken)
    {
        if (!subject.StartsWith('/'))
        {
            return "";
        }
        try
        {
            return DeploymentText.Counts(await run.Marathon.AppAsync(subject, cancellationToken));
        }
        catch (CommandFailure failure) when (failure.ExitCode is ExitCodes.NotFound)
        {
            // A group has no counts, and a removed app none any more.
            return "";
        }
    }
}
