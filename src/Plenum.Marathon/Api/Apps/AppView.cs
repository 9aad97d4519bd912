using System.Collections.Immutable;
using System.Text.Json;
using Plenum.Marathon.Api.Deployments;
using Plenum.Marathon.Api.Selection;
using Plenum.Marathon.Api.Tasks;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Apps;

/// <summary>Apps as clients read them. Made once for an answer, since the deployments are indexed by app once.</summary>
internal sealed class AppView
{
    private readonly MarathonSnapshot _snapshot;
    private readonly DateTimeOffset _now;
    private readonly ILookup<PathId, RunningDeployment> _deployments;

    public AppView(MarathonSnapshot snapshot, DateTimeOffset now)
    {
        _snapshot = snapshot;
        _now = now;
        _deployments = snapshot.Deployments
            .SelectMany(deployment => deployment.Plan.Affected.Select(app => (app, deployment)))
            .ToLookup(entry => entry.app, entry => entry.deployment);
    }

    public void Write(Utf8JsonWriter writer, AppDefinition app, AppParts parts)
    {
        var runtime = _snapshot.FindRuntime(app.Id);
        writer.WriteStartObject();
        AppWriter.WriteMembers(writer, app);
        if (parts.HasFlag(AppParts.Counts))
        {
            TaskCounts.Of(runtime).WriteMembers(writer);
        }

        if (parts.HasFlag(AppParts.Deployments))
        {
            WriteDeployments(writer, _deployments[app.Id].Select(deployment => deployment.Plan.Id));
        }

        if (parts.HasFlag(AppParts.Readiness))
        {
            DeploymentView.WriteReadiness(
                writer,
                "readinessCheckResults",
                _deployments[app.Id].SelectMany(deployment => deployment.ReadinessResults),
                app.Id);
        }

        if (parts.HasFlag(AppParts.Tasks))
        {
            TaskView.WriteAll(writer, "tasks", _snapshot, TaskView.TasksOf(_snapshot, app.Id));
        }

        if (parts.HasFlag(AppParts.LastTaskFailure) && runtime?.LastFailure is { } failure)
        {
            WriteFailure(writer, failure);
        }

        if (parts.HasFlag(AppParts.TaskStatistics))
        {
            TaskStatistics.WriteMembers(writer, app, runtime, _now);
        }

        writer.WriteEndObject();
    }

    public void WriteAll(Utf8JsonWriter writer, IEnumerable<AppDefinition> apps, AppParts parts)
    {
        writer.WriteStartArray();
        foreach (var app in apps)
        {
            Write(writer, app, parts);
        }

        writer.WriteEndArray();
    }

    /// <summary>What a creation answers: the app before it was stored, nothing running, one deployment.</summary>
    public static void WriteCreated(Utf8JsonWriter writer, AppDefinition app, string deploymentId)
    {
        writer.WriteStartObject();
        AppWriter.WriteMembers(writer, app);
        default(TaskCounts).WriteMembers(writer);
        WriteDeployments(writer, ImmutableArray.Create(deploymentId));
        writer.WriteEndObject();
    }

    private static void WriteDeployments(Utf8JsonWriter writer, IEnumerable<string> ids)
    {
        writer.WriteStartArray("deployments");
        foreach (var id in ids)
        {
            writer.WriteStartObject();
            writer.WriteString("id", id);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteFailure(Utf8JsonWriter writer, TaskFailure failure)
    {
        writer.WriteStartObject("lastTaskFailure");
        writer.WriteString("appId", failure.App.Text);
        writer.WriteString("host", failure.Host);
        writer.WriteString("message", failure.Message);
        writer.WriteString("state", failure.State);
        writer.WriteString("taskId", failure.TaskId);
        writer.WriteMoment("timestamp", failure.Timestamp);
        writer.WriteString("version", failure.Version.ToString());
        writer.WriteOptional("slaveId", failure.AgentId);
        writer.WriteEndObject();
    }
}
