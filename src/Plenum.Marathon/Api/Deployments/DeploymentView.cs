using System.Text.Json;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Deployments;

internal static class DeploymentView
{
    /// <summary>
    /// The answer of <c>/v2/deployments</c>. Both affected lists are always there: the DC/OS command line filters by
    /// both. <c>currentStep</c> is a number here and the step itself in events.
    /// </summary>
    public static void Write(Utf8JsonWriter writer, RunningDeployment deployment)
    {
        var plan = deployment.Plan;
        writer.WriteStartObject();
        writer.WriteString("id", plan.Id);
        writer.WriteString("version", plan.Version.ToString());
        writer.WriteTexts("affectedApps", [.. plan.AffectedApps.Select(app => app.Text)]);
        writer.WriteTexts("affectedPods", [.. plan.AffectedPods.Select(pod => pod.Text)]);
        WriteSteps(writer, plan);
        writer.WriteStartArray("currentActions");
        foreach (var action in deployment.CurrentActions)
        {
            writer.WriteStartObject();
            WriteActionMembers(writer, action);
            WriteReadiness(writer, "readinessCheckResults", deployment.ReadinessResults, action.App);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("currentStep", deployment.CurrentStep);
        writer.WriteNumber("totalSteps", plan.Steps.Length);
        WriteStandstill(writer, deployment);
        writer.WriteEndObject();
    }

    /// <summary>Only where it applies: clients of Marathon meet no member that they do not know.</summary>
    private static void WriteStandstill(Utf8JsonWriter writer, RunningDeployment deployment)
    {
        if (deployment.IsPaused)
        {
            writer.WriteBoolean("paused", true);
        }

        if (deployment.Canaries.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray("canaries");
        foreach (var canary in deployment.Canaries)
        {
            writer.WriteStartObject();
            writer.WriteString(deployment.Plan.AffectedPods.Contains(canary.App) ? "pod" : "app", canary.App.Text);
            writer.WriteNumber("step", canary.Step);
            writer.WriteNumber("steps", canary.Steps);
            writer.WriteNumber("instances", canary.Wanted);
            writer.WriteNumber("ready", canary.Ready);
            writer.WriteBoolean("waitsForPromotion", canary.WaitsForPromotion);
            if (canary.GoesOnAt is { } due)
            {
                writer.WriteMoment("goesOnAt", due);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    /// <summary>The plan in events: always without the group trees.</summary>
    public static void WritePlan(Utf8JsonWriter writer, DeploymentPlan plan)
    {
        writer.WriteStartObject("plan");
        writer.WriteString("id", plan.Id);
        writer.WriteString("version", plan.Version.ToString());
        WriteSteps(writer, plan);
        writer.WriteEndObject();
    }

    public static void WriteDryRun(Utf8JsonWriter writer, DeploymentPlan plan)
    {
        writer.WriteStartObject();
        WriteSteps(writer, plan);
        writer.WriteEndObject();
    }

    public static void WriteStep(Utf8JsonWriter writer, DeploymentStep step)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("actions");
        foreach (var action in step.Actions)
        {
            writer.WriteStartObject();
            WriteActionMembers(writer, action);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    public static void WriteReadiness(Utf8JsonWriter writer, string name, IEnumerable<ReadinessResult> results, PathId app)
    {
        writer.WriteStartArray(name);
        foreach (var result in results)
        {
            if (!InstanceId.TryParse(result.Instance.Value, out var safePath) || safePath != app.SafePath)
            {
                continue;
            }

            writer.WriteStartObject();
            writer.WriteString("name", result.Name);
            writer.WriteString("taskId", result.Instance.Value);
            writer.WriteBoolean("ready", result.Ready);
            if (result.LastResponse is { } response)
            {
                writer.WriteStartObject("lastResponse");
                writer.WriteNumber("status", response.Status);
                writer.WriteString("contentType", response.ContentType);
                writer.WriteString("body", response.Body);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteSteps(Utf8JsonWriter writer, DeploymentPlan plan)
    {
        writer.WriteStartArray("steps");
        foreach (var step in plan.Steps)
        {
            WriteStep(writer, step);
        }

        writer.WriteEndArray();
    }

    private static void WriteActionMembers(Utf8JsonWriter writer, DeploymentAction action)
    {
        writer.WriteString("action", NameOf(action));
        writer.WriteString(action.IsPod ? "pod" : "app", action.App.Text);
    }

    private static string NameOf(DeploymentAction action) => action.Kind switch
    {
        ActionKind.Start or ActionKind.Stop or ActionKind.Scale or ActionKind.Restart =>
            action.Kind + (action.IsPod ? "Pod" : "Application"),
        _ => throw new ArgumentOutOfRangeException(nameof(action), action.Kind, "is no action"),
    };
}
