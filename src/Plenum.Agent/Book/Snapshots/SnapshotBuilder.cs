using Plenum.Agent.Book.State;
using Plenum.Protocol.Redaction;

namespace Plenum.Agent.Book.Snapshots;

/// <summary>Copies entries into records. Wire messages inside are shared: the book replaces them, never changes them.</summary>
internal static class SnapshotBuilder
{
    public static AgentSnapshot Build(Desks desks)
    {
        var state = desks.State;
        ProviderSnapshot[] providers =
        [
            .. state.Providers.Values.Select(provider => new ProviderSnapshot(
                provider.Info, desks.Providers.Reported(provider), provider.Stream, provider.IsBuiltIn)),
        ];
        return new AgentSnapshot(
            state.Agent,
            state.Link is not null,
            [.. state.Frameworks.Values.Select(Framework)],
            [.. state.CompletedFrameworks.Items],
            providers.Aggregate(state.Total, static (sum, provider) => sum + provider.Total),
            [.. state.Operations.Values.Select(operation => operation.ToWire(state.Agent))])
        {
            Counters = state.Counters with { },
            Providers = providers,
            Drain = state.Drain,
        };
    }

    public static FrameworkSnapshot Framework(FrameworkEntry framework) => new(
        framework.Id,
        framework.Info,
        [.. framework.Executors.Values.Select(Executor)],
        [.. framework.Completed.Items]);

    public static ExecutorSnapshot Executor(ExecutorEntry executor) => new(
        executor.Id,
        SecretValues.Hide(executor.Info),
        executor.Kind,
        executor.Container,
        executor.Sandbox,
        executor.State,
        executor.Pid,
        [.. executor.Tasks.Values.Select(Task)],
        [.. executor.Completed.Items]);

    public static TaskSnapshot Task(TaskEntry task) => new(
        task.Id,
        WireTask(task),
        task.Info,
        task.Container,
        task.Phase == TaskPhase.Waiting,
        task.Pid);

    /// <summary>
    /// The task as the master learns it at registration: state is the newest, status_update_* is the oldest
    /// update without an acknowledgement.
    /// </summary>
    public static Protocol.V1.Task WireTask(TaskEntry task)
    {
        var info = task.Info;
        var wire = new Protocol.V1.Task
        {
            Name = info.Name,
            TaskId = info.TaskId,
            FrameworkId = task.Framework.Id.ToWire(),
            AgentId = info.AgentId,
            State = task.State,
            Labels = info.Labels,
            Discovery = info.Discovery,
            Container = SecretValues.Hide(info.Container),
            HealthCheck = SecretValues.Hide(info.HealthCheck),
            KillPolicy = info.KillPolicy,
        };
        if (task.Executor.Kind != ContainerKind.Command)
        {
            wire.ExecutorId = task.Executor.Id.ToWire();
        }

        wire.Resources.AddRange(info.Resources);
        wire.Statuses.AddRange(task.History);
        wire.Limits.Add(info.Limits);
        var user = info.Command?.HasUser == true ? info.Command.User : task.Framework.Info.User;
        if (user.Length > 0)
        {
            wire.User = user;
        }

        if (task.Updates.Head is { } head)
        {
            wire.StatusUpdateState = head.State;
            wire.StatusUpdateUuid = head.Uuid;
        }

        return wire;
    }
}
