using Plenum.Kernel.Snapshots;
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
        foreach (var framework in state.Frameworks)
        {
            var wire = framework.ToWire();
            wire.Offers.AddRange(state.OffersOf(framework.Id).Select(offer => offer.Wire));
            wire.InverseOffers.AddRange(state.InverseOffers.Where(asked => asked.FrameworkId.Equals(wire.FrameworkInfo.Id)));
            message.Frameworks.Add(wire);
        }

        message.CompletedFrameworks.AddRange(state.CompletedFrameworks.Select(framework => framework.ToWire()));
        return message;
    }

    public static Response.Types.GetExecutors Executors(ClusterSnapshot state)
    {
        var message = new Response.Types.GetExecutors();
        message.Executors.AddRange(state.Executors.Select(executor =>
            new Response.Types.GetExecutors.Types.Executor
            {
                ExecutorInfo = SecretValues.Hide(executor.Info),
                AgentId = executor.AgentId.ToWire(),
            }));
        return message;
    }

    public static Response.Types.GetTasks Tasks(ClusterSnapshot state)
    {
        var message = new Response.Types.GetTasks();
        message.Tasks.AddRange(state.Tasks.Select(task => task.ToWire()));
        foreach (var framework in state.Frameworks.Concat(state.CompletedFrameworks))
        {
            message.UnreachableTasks.AddRange(framework.UnreachableTasks.Select(task => task.ToWire()));
            message.CompletedTasks.AddRange(framework.CompletedTasks.Select(task => task.ToWire()));
        }

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
}
