using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Reconciliation;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel.Tasks;

/// <summary>KILL, SHUTDOWN and MESSAGE.</summary>
internal sealed class TaskCalls(KernelContext context, ClusterBook book, Reconciler reconciler)
{
    public void Kill(FrameworkEntry framework, Call.Types.Kill kill)
    {
        if (!framework.Tasks.TryGetValue(kill.TaskId, out var task))
        {
            // The framework learns what became of it.
            reconciler.Answer(framework, kill.TaskId, kill.AgentId is { } asked ? (AgentId)asked : (AgentId?)null);
            return;
        }

        if (kill.AgentId is { } agent && (AgentId)agent != task.Agent.Id)
        {
            context.Note($"KILL of task {task.Id} of {framework.Id} ignored: it runs on {task.Agent.Id}, not {agent.Value}");
            return;
        }

        // Remembered: said again when the agent comes back without having heard it.
        task.KillRequested = true;
        task.KillAsked = true;

        // Not of one that has ended for it: its framework may have heard GONE, and the agent says KILLED until acknowledged.
        if (!TaskStates.IsTerminal(task.Record.State))
        {
            task.PreemptedFor = null;
        }

        task.KillPolicy = kill.KillPolicy ?? task.KillPolicy;
        SendKill(task);
    }

    public void SendKill(TaskEntry task)
    {
        var message = new MasterMessage.Types.KillTask
        {
            FrameworkId = task.Framework.Info.Id,
            TaskId = task.Id.ToWire(),
        };
        if (task.KillPolicy is { } policy)
        {
            message.KillPolicy = policy;
        }

        // The agent remembers it with the task, so that the end stays the same whoever repeats it.
        if (task.KilledByDrain && task.Agent.Drain?.Config.MarkGone == true)
        {
            message.AgentGone = true;
        }

        context.Send(task.Agent, new MasterMessage { KillTask = message });
    }

    public void Shutdown(FrameworkEntry framework, Call.Types.Shutdown shutdown)
    {
        if (book.FindAgent(shutdown.AgentId) is not { Active: true } agent)
        {
            context.Note($"SHUTDOWN of executor {shutdown.ExecutorId.Value} dropped: agent {shutdown.AgentId.Value} is not connected");
            return;
        }

        context.Send(agent, new MasterMessage
        {
            ShutdownExecutor = new MasterMessage.Types.ShutdownExecutor
            {
                FrameworkId = framework.Info.Id,
                ExecutorId = shutdown.ExecutorId,
            },
        });
    }

    /// <summary>Best effort, never repeated.</summary>
    public void Message(FrameworkEntry framework, Call.Types.Message message)
    {
        if (book.FindAgent(message.AgentId) is { Active: true } agent)
        {
            context.Counters.ValidFrameworkMessages++;
            context.Send(agent, new MasterMessage
            {
                FrameworkMessage = new MasterMessage.Types.FrameworkMessage
                {
                    FrameworkId = framework.Info.Id,
                    ExecutorId = message.ExecutorId,
                    Data = message.Data,
                },
            });
        }
        else
        {
            context.Counters.InvalidFrameworkMessages++;
        }
    }
}
