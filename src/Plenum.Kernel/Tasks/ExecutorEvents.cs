using Plenum.Kernel.Agents;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Tasks;

/// <summary>What agents tell of executors.</summary>
internal sealed class ExecutorEvents(KernelContext context, ClusterBook book, TaskBook tasks)
{
    public void Exited(AgentEntry agent, AgentMessage.Types.ExecutorExited exited)
    {
        if (!book.Frameworks.TryGetValue(exited.FrameworkId, out var framework))
        {
            return;
        }

        if (agent.Executors.TryGetValue((framework.Id, exited.ExecutorId), out var executor))
        {
            // Launches that were on their way start it anew or fail; until they are heard of its resources
            // stay booked, since freeing them could book them twice.
            if (HasLaunchOnItsWay(executor))
            {
                executor.Exited = true;
            }
            else
            {
                tasks.RemoveExecutor(executor);
            }
        }

        context.Send(framework, new Event
        {
            Type = Event.Types.Type.Failure,
            Failure = new Event.Types.Failure
            {
                AgentId = agent.Id.ToWire(),
                ExecutorId = exited.ExecutorId,
                Status = exited.Status,
            },
        });
    }

    public void Message(AgentEntry agent, AgentMessage.Types.ExecutorMessage message)
    {
        if (book.Frameworks.TryGetValue(message.FrameworkId, out var framework))
        {
            context.Counters.ValidExecutorMessages++;
            context.Send(framework, new Event
            {
                Type = Event.Types.Type.Message,
                Message = new Event.Types.Message
                {
                    AgentId = agent.Id.ToWire(),
                    ExecutorId = message.ExecutorId,
                    Data = message.Data,
                },
            });
        }
        else
        {
            context.Counters.InvalidExecutorMessages++;
        }
    }

    private static bool HasLaunchOnItsWay(ExecutorEntry executor)
    {
        foreach (var task in executor.Agent.Tasks)
        {
            if (task.Executor == executor && task is { Record.State: TaskState.TaskStaging, HasArrived: false })
            {
                return true;
            }
        }

        return false;
    }
}
