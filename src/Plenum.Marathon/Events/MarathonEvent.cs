using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;
using Plenum.Marathon.LaunchQueue;

namespace Plenum.Marathon.Events;

/// <summary>
/// Something clients of the event stream are told. <see cref="Type"/> is the wire's <c>eventType</c>;
/// the properties carry what the wire object of that type needs.
/// </summary>
internal abstract record MarathonEvent(DateTimeOffset Timestamp)
{
    public abstract string Type { get; }

    internal sealed record ApiPost(DateTimeOffset Timestamp, string ClientIp, string Uri, AppDefinition App)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "api_post_event";
    }

    internal sealed record PodCreated(DateTimeOffset Timestamp, string ClientIp, string Uri) : MarathonEvent(Timestamp)
    {
        public override string Type => "pod_created_event";
    }

    internal sealed record PodUpdated(DateTimeOffset Timestamp, string ClientIp, string Uri) : MarathonEvent(Timestamp)
    {
        public override string Type => "pod_updated_event";
    }

    internal sealed record PodDeleted(DateTimeOffset Timestamp, string ClientIp, string Uri) : MarathonEvent(Timestamp)
    {
        public override string Type => "pod_deleted_event";
    }

    internal sealed record GroupChangeSuccess(DateTimeOffset Timestamp, PathId Group, Timestamp Version)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "group_change_success";
    }

    internal sealed record GroupChangeFailed(DateTimeOffset Timestamp, PathId Group, Timestamp Version, string Reason)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "group_change_failed";
    }

    /// <summary>A step begins. On the wire currentStep is the step itself, not its number.</summary>
    internal sealed record DeploymentInfo(DateTimeOffset Timestamp, DeploymentPlan Plan, DeploymentStep? CurrentStep)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "deployment_info";
    }

    /// <summary>Plenum's own: the new instances of a step of canaries are all ready.</summary>
    internal sealed record CanariesReady(
        DateTimeOffset Timestamp, DeploymentPlan Plan, PathId App, int Step, int Steps, bool GoesOnByItself)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "deployment_canaries_ready";
    }

    internal sealed record DeploymentStepSuccess(DateTimeOffset Timestamp, DeploymentPlan Plan, DeploymentStep CurrentStep)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "deployment_step_success";
    }

    internal sealed record DeploymentStepFailure(DateTimeOffset Timestamp, DeploymentPlan Plan, DeploymentStep CurrentStep)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "deployment_step_failure";
    }

    internal sealed record DeploymentSuccess(DateTimeOffset Timestamp, DeploymentPlan Plan) : MarathonEvent(Timestamp)
    {
        public override string Type => "deployment_success";
    }

    internal sealed record DeploymentFailed(DateTimeOffset Timestamp, DeploymentPlan Plan, string? Reason)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "deployment_failed";
    }

    internal sealed record StatusUpdate(
        DateTimeOffset Timestamp,
        string AgentId,
        string TaskId,
        string TaskStatus,
        string Message,
        PathId App,
        string Host,
        ImmutableArray<InstanceAddress> Addresses,
        ImmutableArray<int> Ports,
        Timestamp Version)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "status_update_event";
    }

    internal sealed record InstanceChanged(
        DateTimeOffset Timestamp,
        InstanceId Instance,
        Condition Condition,
        PathId App,
        string? AgentId,
        string? Host,
        Timestamp Version)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "instance_changed_event";
    }

    internal sealed record InstanceHealthChanged(
        DateTimeOffset Timestamp,
        InstanceId Instance,
        PathId App,
        bool? Healthy,
        Timestamp Version)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "instance_health_changed_event";
    }

    internal sealed record UnknownInstanceTerminated(
        DateTimeOffset Timestamp,
        InstanceId Instance,
        PathId App,
        Condition Condition)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "unknown_instance_terminated_event";
    }

    internal sealed record HealthStatusChanged(
        DateTimeOffset Timestamp,
        PathId App,
        InstanceId Instance,
        Timestamp Version,
        bool Alive)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "health_status_changed_event";
    }

    internal sealed record FailedHealthCheck(DateTimeOffset Timestamp, PathId App, InstanceId Instance, HealthCheck Check)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "failed_health_check_event";
    }

    internal sealed record AddHealthCheck(DateTimeOffset Timestamp, PathId App, Timestamp Version, HealthCheck Check)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "add_health_check_event";
    }

    internal sealed record RemoveHealthCheck(DateTimeOffset Timestamp, PathId App) : MarathonEvent(Timestamp)
    {
        public override string Type => "remove_health_check_event";
    }

    internal sealed record UnhealthyInstanceKill(
        DateTimeOffset Timestamp,
        PathId App,
        string TaskId,
        InstanceId Instance,
        Timestamp Version,
        string Reason,
        string Host,
        string? AgentId)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "unhealthy_instance_kill_event";
    }

    /// <summary>Ours: instances wait for offers for some time, and why.</summary>
    internal sealed record InstancesWaiting(DateTimeOffset Timestamp, QueueItem Item) : MarathonEvent(Timestamp)
    {
        public override string Type => "instances_waiting_event";
    }

    internal sealed record AppTerminated(DateTimeOffset Timestamp, PathId App) : MarathonEvent(Timestamp)
    {
        public override string Type => "app_terminated_event";
    }

    internal sealed record StreamAttached(DateTimeOffset Timestamp, string RemoteAddress) : MarathonEvent(Timestamp)
    {
        public override string Type => "event_stream_attached";
    }

    internal sealed record StreamDetached(DateTimeOffset Timestamp, string RemoteAddress) : MarathonEvent(Timestamp)
    {
        public override string Type => "event_stream_detached";
    }

    internal sealed record SchedulerRegistered(DateTimeOffset Timestamp, string FrameworkId, string Master)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "scheduler_registered_event";
    }

    internal sealed record SchedulerReregistered(DateTimeOffset Timestamp, string Master) : MarathonEvent(Timestamp)
    {
        public override string Type => "scheduler_reregistered_event";
    }

    internal sealed record SchedulerDisconnected(DateTimeOffset Timestamp) : MarathonEvent(Timestamp)
    {
        public override string Type => "scheduler_disconnected_event";
    }

    internal sealed record FrameworkMessage(DateTimeOffset Timestamp, string ExecutorId, string AgentId, ImmutableArray<byte> Message)
        : MarathonEvent(Timestamp)
    {
        public override string Type => "framework_message_event";
    }
}
