using Plenum.Agent.Launching;
using Plenum.Agent.Loop;
using Plenum.Agent.Operator;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent;

/// <summary>How an agent comes to its end, and what is undone then.</summary>
public sealed partial class AgentServer
{
    private async ValueTask StopWebAsync()
    {
        using var patience = new CancellationTokenSource(ShutdownPatience);
        await _web.StopAsync(patience.Token);
    }

    private async Task LeaveAsync(string reason, ContainerDirector containers, NestedContainers nested)
    {
        await containers.EmptyAsync();
        await nested.EmptyAsync();
        Log.Left(_logger, reason);
        _stopped.TrySetResult();
    }

    private async Task WatchAsync(AgentLoop loop)
    {
        try
        {
            await loop.Completion;
        }
        catch (Exception exception)
        {
            _stopped.TrySetException(exception);
        }
    }

    private void Undo(Action undo) => Undo(() =>
    {
        undo();
        return ValueTask.CompletedTask;
    });

    private void Undo(Func<ValueTask> undo) => _undo.Push(undo);
}
