using Plenum.Kernel.Snapshots;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.Redaction;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;

namespace Plenum.Master.Operator;

/// <summary>The v1 messages of the operator API, each from one snapshot.</summary>
internal static class StateMessages
{
    public static Response.Types.GetState State(ClusterSnapshot state) => new()
    {
        GetTasks = Tasks(state),
        GetExecutors = Executors(state),
        GetFrameworks = Frameworks(state),
        GetAgents = Agents(state),
    };

    /// <summary>
    /// The event that a reader of the stream gets first. It carries the whole state in one record, for this API has no
    /// pages: hundreds of megabytes on a large cluster, of which one piece at a time is there.
    /// </summary>
    public static StreamedMessage Subscribed(ClusterSnapshot state, TimeSpan heartbeatInterval)
    {
        var tasks = Response.Types.GetTasks.Descriptor;
        var frameworks = Response.Types.GetFrameworks.Descriptor;
        var agents = Response.Types.GetAgents.Descriptor;
        var all = Response.Types.GetState.Descriptor;
        return new StreamedMessage()
            .With(new Event { Type = Event.Types.Type.Subscribed })
            .With(Event.Descriptor, Event.SubscribedFieldNumber, new StreamedMessage()
                .With(Event.Types.Subscribed.Descriptor, Event.Types.Subscribed.GetStateFieldNumber, new StreamedMessage()
                    .With(all, Response.Types.GetState.GetTasksFieldNumber, new StreamedMessage()
                        .With(tasks, Response.Types.GetTasks.TasksFieldNumber, RunningTasks(state))
                        .With(tasks, Response.Types.GetTasks.UnreachableTasksFieldNumber, UnreachableTasks(state))
                        .With(tasks, Response.Types.GetTasks.CompletedTasksFieldNumber, CompletedTasks(state)))
                    .With(all, Response.Types.GetState.GetExecutorsFieldNumber, new StreamedMessage()
                        .With(
                            Response.Types.GetExecutors.Descriptor,
                            Response.Types.GetExecutors.ExecutorsFieldNumber,
                            RunningExecutors(state)))
                    .With(all, Response.Types.GetState.GetFrameworksFieldNumber, new StreamedMessage()
                        .With(frameworks, Response.Types.GetFrameworks.FrameworksFieldNumber, KnownFrameworks(state))
                        .With(
                            frameworks,
                            Response.Types.GetFrameworks.CompletedFrameworksFieldNumber,
                            state.CompletedFrameworks.Select(static framework => framework.ToWire())))
                    .With(all, Response.Types.GetState.GetAgentsFieldNumber, new StreamedMessage()
                        .With(agents, Response.Types.GetAgents.AgentsFieldNumber, state.Agents.Select(static agent => agent.ToWire()))
                        .With(
                            agents,
                            Response.Types.GetAgents.RecoveredAgentsFieldNumber,
                            state.RecoveredAgents.Select(static agent => agent.Info))))
                .With(new Event.Types.Subscribed { HeartbeatIntervalSeconds = heartbeatInterval.TotalSeconds }));
    }

    public static Response.Types.GetAgents Agents(ClusterSnapshot state)
    {
        var message = new Response.Types.GetAgents();
        message.Agents.AddRange(state.Agents.Select(agent => agent.ToWire()));
        message.RecoveredAgents.AddRange(state.RecoveredAgents.Select(agent => agent.Info));
        return message;
    }

    public static Response.Types.GetFrameworks Frameworks(ClusterSnapshot state)
    {
        var message = new Response.Types.GetFrameworks();
        message.Frameworks.AddRange(KnownFrameworks(state));
        message.CompletedFrameworks.AddRange(state.CompletedFrameworks.Select(framework => framework.ToWire()));
        return message;
    }

    public static Response.Types.GetExecutors Executors(ClusterSnapshot state)
    {
        var message = new Response.Types.GetExecutors();
        message.Executors.AddRange(RunningExecutors(state));
        return message;
    }

    public static Response.Types.GetTasks Tasks(ClusterSnapshot state)
    {
        var message = new Response.Types.GetTasks();
        message.Tasks.AddRange(RunningTasks(state));
        message.UnreachableTasks.AddRange(UnreachableTasks(state));
        message.CompletedTasks.AddRange(CompletedTasks(state));
        return message;
    }

    public static Response.Types.GetRoles Roles(ClusterSnapshot state)
    {
        var message = new Response.Types.GetRoles();
        foreach (var role in state.Roles)
        {
            var wire = new Role { Name = role.Name, Weight = role.Weight };
            wire.Frameworks.AddRange(role.Frameworks.Select(framework => framework.ToWire()));
            foreach (var (name, millis) in role.Allocated.Amounts)
            {
                wire.Resources.Add(new Resource
                {
                    Name = name,
                    Type = Value.Types.Type.Scalar,
                    Scalar = new Value.Types.Scalar { Value = millis / 1000.0 },
                });
            }

            message.Roles.Add(wire);
        }

        return message;
    }

    private static IEnumerable<Plenum.Protocol.V1.Task> RunningTasks(ClusterSnapshot state) =>
        state.Tasks.Select(static task => task.ToWire());

    private static IEnumerable<Plenum.Protocol.V1.Task> UnreachableTasks(ClusterSnapshot state) =>
        state.Frameworks.Concat(state.CompletedFrameworks)
            .SelectMany(static framework => framework.UnreachableTasks).Select(static task => task.ToWire());

    private static IEnumerable<Plenum.Protocol.V1.Task> CompletedTasks(ClusterSnapshot state) =>
        state.Frameworks.Concat(state.CompletedFrameworks)
            .SelectMany(static framework => framework.CompletedTasks).Select(static task => task.ToWire());

    private static IEnumerable<Response.Types.GetExecutors.Types.Executor> RunningExecutors(ClusterSnapshot state) =>
        state.Executors.Select(static executor => new Response.Types.GetExecutors.Types.Executor
        {
            ExecutorInfo = SecretValues.Hide(executor.Info),
            AgentId = executor.AgentId.ToWire(),
        });

    private static IEnumerable<Response.Types.GetFrameworks.Types.Framework> KnownFrameworks(ClusterSnapshot state) =>
        state.Frameworks.Select(framework =>
        {
            var wire = framework.ToWire();
            wire.Offers.AddRange(state.OffersOf(framework.Id).Select(static offer => offer.Wire));
            wire.InverseOffers.AddRange(state.InverseOffers.Where(asked => asked.FrameworkId.Equals(wire.FrameworkInfo.Id)));
            return wire;
        });
}
