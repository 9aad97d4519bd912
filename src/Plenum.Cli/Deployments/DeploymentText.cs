using System.Text.Json;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Deployments;

/// <summary>Deployments in words.</summary>
internal static class DeploymentText
{
    public static string Step(JsonElement deployment) =>
        $"{deployment.Integer("currentStep")}/{deployment.Integer("totalSteps")}";

    public static string Affected(JsonElement deployment) =>
        string.Join(' ', deployment.Items("affectedApps").Concat(deployment.Items("affectedPods")).Select(id => id.ToString()));

    public static string Actions(JsonElement deployment)
    {
        var actions = string.Join(
            ", ", deployment.Items("currentActions").Select(action => $"{Verb(action.Text("action"))} {Subject(action)}"));
        return deployment.Member("paused") is { ValueKind: JsonValueKind.True } ? actions + " (paused)"
            : Standstill(deployment) is not null ? actions + " (waits for promotion)"
            : actions;
    }

    /// <summary>Why a deployment stands still until somebody says more, and what to say; null when it goes on by itself.</summary>
    public static string? Standstill(JsonElement deployment)
    {
        var id = deployment.Text("id");
        if (deployment.Member("paused") is { ValueKind: JsonValueKind.True })
        {
            return $"it is paused; ./plenum deployment resume {id} lets it go on";
        }
        var canaries = deployment.Items("canaries").ToList();
        if (canaries.Count == 0 || !canaries.TrueForAll(static canary => canary.Member("waitsForPromotion") is { ValueKind: JsonValueKind.True }))
        {
            return null;
        }
        var ready = string.Join(", ", canaries.Select(canary => $"{Canaries(canary.Integer("ready"))} of {Subject(canary)} ready"));
        return $"{ready}; ./plenum deployment promote {id} lets it on, ./plenum deployment revert {id} takes it back";
    }

    /// <summary>Step, action and instance counts, and what holds the instances back if something does.</summary>
    public static async Task<DeploymentProgress> ProgressAsync(
        MarathonClient marathon, JsonElement deployment, CancellationToken cancellationToken)
    {
        var text = $"step {Step(deployment)}";
        if (Actions(deployment) is { Length: > 0 } actions)
        {
            text += ": " + actions;
        }
        var app = deployment.Items("currentActions").Select(action => action.Text("app")).FirstOrDefault(id => id.Length > 0);
        if (app is null)
        {
            return new DeploymentProgress(text);
        }
        try
        {
            var definition = await marathon.AppAsync(app, cancellationToken);
            var (heldBack, countdown) = await HeldBackAsync(marathon, app, definition, cancellationToken);
            return new DeploymentProgress(text + Counts(definition), heldBack, countdown);
        }
        catch (CommandFailure failure) when (failure.ExitCode != ExitCodes.Unreachable)
        {
            // An app that is being removed is gone before its deployment; the step alone is told then.
            return new DeploymentProgress(text);
        }
    }

    public static string Counts(JsonElement app)
    {
        var text = $" ({app.Integer("tasksRunning")} of {app.Integer("instances")} running";
        if (app.Items("healthChecks").Any())
        {
            text += $", {app.Integer("tasksHealthy")} healthy";
        }
        return text + ")";
    }

    private static async Task<(string? Reason, string? Countdown)> HeldBackAsync(
        MarathonClient marathon, string id, JsonElement app, CancellationToken cancellationToken)
    {
        var waiting = (await marathon.QueueAsync(cancellationToken))
            .FirstOrDefault(item => item.Member("app")?.Text("id") == id);
        if (waiting.Member("delay") is { } delay && delay.Member("overdue") is { ValueKind: JsonValueKind.False })
        {
            var countdown = $"next start in {delay.Integer("timeLeftSeconds")} s";
            // The failure of an earlier version says nothing about why this one waits.
            return app.Member("lastTaskFailure") is { } failure && failure.Text("version") == app.Text("version")
                ? ($"the last start failed: {failure.Text("message")}", countdown)
                : ("a start failed", countdown);
        }
        var reasons = (waiting.Member("processedOffersSummary")?.Items("rejectSummaryLastOffers") ?? [])
            .Where(reason => reason.Integer("declined") > 0)
            .Select(reason => reason.Text("reason"))
            .ToList();
        return (reasons.Count == 0 ? null : "no offer fits: " + string.Join(", ", reasons), null);
    }

    private static string Canaries(long count) => count == 1 ? "1 canary" : $"{count} canaries";

    private static string Subject(JsonElement action) =>
        action.Text("app") is { Length: > 0 } app ? app : action.Text("pod");

    private static string Verb(string action) => action switch
    {
        "StartApplication" or "StartPod" => "start",
        "StopApplication" or "StopPod" => "stop",
        "ScaleApplication" or "ScalePod" => "scale",
        "RestartApplication" or "RestartPod" => "replace",
        _ => action,
    };
}
