using System.Text.Json;
using Plenum.Marathon.Api.Deployments;
using Plenum.Marathon.Api.Queue;
using Plenum.Marathon.Api.Tasks;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Api.Events;

/// <summary>Events as the stream's clients read them.</summary>
internal static class EventView
{
    public static void Write(Utf8JsonWriter writer, MarathonEvent happened)
    {
        writer.WriteStartObject();
        WriteMembers(writer, happened);
        writer.WriteString("eventType", happened.Type);
        writer.WriteMoment("timestamp", happened.Timestamp);
        writer.WriteEndObject();
    }

    private static void WriteMembers(Utf8JsonWriter writer, MarathonEvent happened)
    {
        switch (happened)
        {
            case MarathonEvent.ApiPost post:
                WriteCaller(writer, post.ClientIp, post.Uri);
                writer.WritePropertyName("appDefinition");
                AppWriter.Write(writer, post.App);
                break;
            case MarathonEvent.PodCreated pod:
                WriteCaller(writer, pod.ClientIp, pod.Uri);
                break;
            case MarathonEvent.PodUpdated pod:
                WriteCaller(writer, pod.ClientIp, pod.Uri);
                break;
            case MarathonEvent.PodDeleted pod:
                WriteCaller(writer, pod.ClientIp, pod.Uri);
                break;
            case MarathonEvent.GroupChangeSuccess change:
                writer.WriteString("groupId", change.Group.Text);
                writer.WriteString("version", change.Version.ToString());
                break;
            case MarathonEvent.GroupChangeFailed change:
                writer.WriteString("groupId", change.Group.Text);
                writer.WriteString("version", change.Version.ToString());
                writer.WriteString("reason", change.Reason);
                break;
            case MarathonEvent.StatusUpdate update:
                WriteStatusUpdate(writer, update);
                break;
            case MarathonEvent.InstanceChanged changed:
                writer.WriteString("instanceId", changed.Instance.Value);
                writer.WriteString("condition", changed.Condition.ToString());
                writer.WriteString("runSpecId", changed.App.Text);

                // Explicit nulls: these objects were written by hand in the original.
                writer.WriteString("agentId", changed.AgentId);
                writer.WriteString("host", changed.Host);
                writer.WriteString("runSpecVersion", changed.Version.ToString());
                break;
            case MarathonEvent.InstanceHealthChanged changed:
                writer.WriteString("instanceId", changed.Instance.Value);
                writer.WriteString("runSpecId", changed.App.Text);
                if (changed.Healthy is { } healthy)
                {
                    writer.WriteBoolean("healthy", healthy);
                }
                else
                {
                    writer.WriteNull("healthy");
                }

                writer.WriteString("runSpecVersion", changed.Version.ToString());
                break;
            case MarathonEvent.UnknownInstanceTerminated terminated:
                writer.WriteString("instanceId", terminated.Instance.Value);
                writer.WriteString("runSpecId", terminated.App.Text);
                writer.WriteString("condition", terminated.Condition.ToString());
                break;
            case MarathonEvent.InstancesWaiting waiting:
                writer.WriteString("runSpecId", waiting.Item.Spec.Id.Text);
                writer.WriteString("role", waiting.Item.Role);
                writer.WriteNumber("count", waiting.Item.Count);
                writer.WriteMoment("since", waiting.Item.Since);
                QueueView.WriteNeeds(writer, waiting.Item, waiting.Timestamp);
                break;
            case MarathonEvent.AppTerminated terminated:
                writer.WriteString("appId", terminated.App.Text);
                break;
            case MarathonEvent.StreamAttached attached:
                writer.WriteString("remoteAddress", attached.RemoteAddress);
                break;
            case MarathonEvent.StreamDetached detached:
                writer.WriteString("remoteAddress", detached.RemoteAddress);
                break;
            case MarathonEvent.SchedulerRegistered registered:
                writer.WriteString("frameworkId", registered.FrameworkId);
                writer.WriteString("master", registered.Master);
                break;
            case MarathonEvent.SchedulerReregistered registered:
                writer.WriteString("master", registered.Master);
                break;
            case MarathonEvent.SchedulerDisconnected:
                break;
            case MarathonEvent.FrameworkMessage message:
                writer.WriteString("executorId", message.ExecutorId);
                writer.WriteString("slaveId", message.AgentId);
                writer.WriteStartArray("message");
                foreach (var value in message.Message)
                {
                    // Bytes were signed where this format comes from.
                    writer.WriteNumberValue((sbyte)value);
                }

                writer.WriteEndArray();
                break;
            default:
                if (!WriteDeployment(writer, happened) && !WriteHealth(writer, happened))
                {
                    throw new ArgumentOutOfRangeException(nameof(happened), happened.Type, "has no form on the wire");
                }

                break;
        }
    }

    private static void WriteCaller(Utf8JsonWriter writer, string clientIp, string uri)
    {
        writer.WriteString("clientIp", clientIp);
        writer.WriteString("uri", uri);
    }

    private static bool WriteDeployment(Utf8JsonWriter writer, MarathonEvent happened)
    {
        switch (happened)
        {
            case MarathonEvent.DeploymentInfo info:
                DeploymentView.WritePlan(writer, info.Plan);
                if (info.CurrentStep is not null)
                {
                    writer.WritePropertyName("currentStep");
                    DeploymentView.WriteStep(writer, info.CurrentStep);
                }

                return true;
            case MarathonEvent.CanariesReady canaries:
                DeploymentView.WritePlan(writer, canaries.Plan);
                writer.WriteString("id", canaries.Plan.Id);
                writer.WriteString(canaries.Plan.AffectedPods.Contains(canaries.App) ? "pod" : "app", canaries.App.Text);
                writer.WriteNumber("canaryStep", canaries.Step);
                writer.WriteNumber("canarySteps", canaries.Steps);
                writer.WriteBoolean("autoPromote", canaries.GoesOnByItself);
                return true;
            case MarathonEvent.DeploymentStepSuccess success:
                DeploymentView.WritePlan(writer, success.Plan);
                writer.WritePropertyName("currentStep");
                DeploymentView.WriteStep(writer, success.CurrentStep);
                return true;
            case MarathonEvent.DeploymentStepFailure failure:
                DeploymentView.WritePlan(writer, failure.Plan);
                writer.WritePropertyName("currentStep");
                DeploymentView.WriteStep(writer, failure.CurrentStep);
                return true;
            case MarathonEvent.DeploymentSuccess success:
                writer.WriteString("id", success.Plan.Id);
                DeploymentView.WritePlan(writer, success.Plan);
                return true;
            case MarathonEvent.DeploymentFailed failed:
                writer.WriteString("id", failed.Plan.Id);
                DeploymentView.WritePlan(writer, failed.Plan);
                writer.WriteOptional("reason", failed.Reason);
                return true;
            default:
                return false;
        }
    }

    private static bool WriteHealth(Utf8JsonWriter writer, MarathonEvent happened)
    {
        switch (happened)
        {
            case MarathonEvent.HealthStatusChanged changed:
                writer.WriteString("appId", changed.App.Text);
                writer.WriteString("instanceId", changed.Instance.Value);
                writer.WriteString("version", changed.Version.ToString());
                writer.WriteBoolean("alive", changed.Alive);
                return true;
            case MarathonEvent.FailedHealthCheck failed:
                writer.WriteString("appId", failed.App.Text);

                // Named after tasks since before instances existed; it holds the instance's id.
                writer.WriteString("taskId", failed.Instance.Value);
                WriteCheck(writer, failed.Check);
                return true;
            case MarathonEvent.AddHealthCheck added:
                writer.WriteString("appId", added.App.Text);
                writer.WriteString("version", added.Version.ToString());
                WriteCheck(writer, added.Check);
                return true;
            case MarathonEvent.RemoveHealthCheck removed:
                writer.WriteString("appId", removed.App.Text);
                return true;
            case MarathonEvent.UnhealthyInstanceKill kill:
                writer.WriteString("appId", kill.App.Text);
                writer.WriteString("taskId", kill.TaskId);
                writer.WriteString("instanceId", kill.Instance.Value);
                writer.WriteString("version", kill.Version.ToString());
                writer.WriteString("reason", kill.Reason);
                writer.WriteString("host", kill.Host);
                writer.WriteOptional("slaveId", kill.AgentId);
                return true;
            default:
                return false;
        }
    }

    private static void WriteCheck(Utf8JsonWriter writer, HealthCheck check)
    {
        writer.WritePropertyName("healthCheck");
        CheckWriter.WriteHealthCheck(writer, check);
    }

    private static void WriteStatusUpdate(Utf8JsonWriter writer, MarathonEvent.StatusUpdate update)
    {
        writer.WriteString("slaveId", update.AgentId);
        writer.WriteString("taskId", update.TaskId);
        writer.WriteString("taskStatus", update.TaskStatus);
        writer.WriteString("message", update.Message);
        writer.WriteString("appId", update.App.Text);
        writer.WriteString("host", update.Host);
        TaskView.WriteAddresses(writer, update.Addresses);
        TaskView.WriteNumbers(writer, "ports", update.Ports);
        writer.WriteString("version", update.Version.ToString());
    }
}
