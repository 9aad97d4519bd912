using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Plenum.Scheduling.Sessions;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Examples.Framework;

/// <summary>
/// The framework itself: reads the session's events one by one and answers them. What it knows of its tasks it
/// learns from the cluster again after every connection (reconciliation), so it keeps nothing but its id.
/// </summary>
internal sealed class TaskKeeper(
    SchedulerSession session, FrameworkIdFile identity, int copies, string command, TextWriter output, bool teardown)
{
    private static readonly ResourceSet Share = ResourceSet.Parse("cpus:0.1;mem:32");

    /// <summary>Nobody wants the offer back within this time unless we revive.</summary>
    private static readonly TimeSpan Refusal = TimeSpan.FromSeconds(60);

    /// <summary>While we do not know our tasks the offers are our clock: they come again this soon.</summary>
    private static readonly TimeSpan ReconcilingRefusal = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, TaskState> _tasks = new(StringComparer.Ordinal);

    // Reconciliation has no end of its own. A question about a task that never was comes last, so its answer does:
    // until then launching could make too many. A master that still waits for its agents after a restart does not
    // answer it yet.
    private string? _lastQuestion;

    public async Task<int> RunAsync(CancellationToken stopping)
    {
        try
        {
            await foreach (var happened in session.Events.ReadAllAsync(stopping))
            {
                switch (happened)
                {
                    case SchedulerSessionEvent.Connected connected:
                        await ConnectedAsync(connected);
                        if (teardown)
                        {
                            return await TearDownAsync();
                        }

                        break;
                    case SchedulerSessionEvent.Received received:
                        await ReceivedAsync(received.Event);
                        break;
                    case SchedulerSessionEvent.Disconnected { IsFinal: true } end:
                        await output.WriteLineAsync($"refused: {end.Reason}");
                        return 1;
                    case SchedulerSessionEvent.Waiting waiting:
                        await output.WriteLineAsync($"waiting {waiting.Delay.TotalSeconds:0.0} s: {waiting.Reason}");
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            await output.WriteLineAsync("stopped; the tasks go on");
        }

        return 0;
    }

    private async Task ConnectedAsync(SchedulerSessionEvent.Connected connected)
    {
        identity.Keep(connected.Framework.Value);
        await output.WriteLineAsync($"connected {connected.Framework.Value}");

        // Offers of before are void, and what happened meanwhile is asked for.
        _tasks.Clear();
        _lastQuestion = $"never-{connected.Subscription}";
        await ReconcileAsync(_lastQuestion);
    }

    private async Task ReconcileAsync(string lastQuestion)
    {
        // No task named means all of them.
        await SendAsync(SchedulerCalls.Reconcile());
        await SendAsync(SchedulerCalls.Reconcile((new TaskID { Value = lastQuestion }, null)));
    }

    private async Task ReceivedAsync(Event received)
    {
        switch (received.Type)
        {
            case Event.Types.Type.Offers:
                foreach (var offer in received.Offers.Offers_)
                {
                    await AnswerAsync(offer);
                }

                if (_lastQuestion is { } unanswered)
                {
                    // An agent is there that was not: the master may know more now.
                    await ReconcileAsync(unanswered);
                }

                break;
            case Event.Types.Type.Update:
                await UpdatedAsync(received.Update.Status);
                break;
        }
    }

    private async Task AnswerAsync(Offer offer)
    {
        var free = ResourceSet.FromWire(offer.Resources);
        var launch = new Offer.Types.Operation.Types.Launch();
        var wanted = _lastQuestion is null ? copies - _tasks.Count : 0;
        for (var missing = wanted; missing > 0 && free.Unallocated.Contains(Share); missing--)
        {
            var task = NewTask(offer);
            free -= Share.AllocatedTo(offer.AllocationInfo.Role);
            launch.TaskInfos.Add(task);
            _tasks[task.TaskId.Value] = TaskState.TaskStaging;
            await output.WriteLineAsync($"launch {task.TaskId.Value} on {offer.Hostname}");
        }

        if (launch.TaskInfos.Count == 0)
        {
            await SendAsync(SchedulerCalls.Decline([offer.Id], _lastQuestion is null ? Refusal : ReconcilingRefusal));
            return;
        }

        var operation = new Offer.Types.Operation { Type = OperationType.Launch, Launch = launch };
        if (!await SendAsync(SchedulerCalls.Accept([offer.Id], [operation], Refusal)))
        {
            // Lost on the way: the next connection's reconciliation tells what became of them.
            await output.WriteLineAsync("an accept was lost with its connection");
        }
    }

    private TaskInfo NewTask(Offer offer)
    {
        var id = $"keeper-{Guid.NewGuid():N}";
        var task = new TaskInfo
        {
            Name = "keeper",
            TaskId = new TaskID { Value = id },
            AgentId = offer.AgentId,
            Command = new CommandInfo { Shell = true, Value = command },
        };
        task.Resources.Add(Share.AllocatedTo(offer.AllocationInfo.Role).ToWire());
        return task;
    }

    private async Task UpdatedAsync(TaskStatus status)
    {
        var id = status.TaskId.Value;
        if (id == _lastQuestion)
        {
            _lastQuestion = null;
            await output.WriteLineAsync($"reconciled {_tasks.Count}");
            await SendAsync(SchedulerCalls.Revive());
            return;
        }

        await output.WriteLineAsync($"{status.State} {id} {status.Message}".TrimEnd());
        if (IsOver(status.State))
        {
            _tasks.Remove(id);
        }
        else
        {
            _tasks[id] = status.State;
        }

        // Only what carries a uuid waits for an answer.
        if (SchedulerCalls.Acknowledge(status) is { } acknowledge)
        {
            await SendAsync(acknowledge);
        }

        if (_lastQuestion is null && _tasks.Count < copies)
        {
            // Filters of our own declines would keep the offers away for up to a minute.
            await SendAsync(SchedulerCalls.Revive());
        }
    }

    private async Task<int> TearDownAsync()
    {
        if (!await SendAsync(SchedulerCalls.Teardown()))
        {
            await output.WriteLineAsync("the teardown was lost with its connection: try again");
            return 1;
        }

        identity.Forget();
        await output.WriteLineAsync("torn down");
        return 0;
    }

    /// <summary>An unreachable task may come back: it is not replaced before it is known to be gone.</summary>
    private static bool IsOver(TaskState state) => state is not (
        TaskState.TaskStaging or TaskState.TaskStarting or TaskState.TaskRunning or TaskState.TaskKilling or TaskState.TaskUnreachable);

    private ValueTask<bool> SendAsync(Call call) => session.TrySendAsync(call, CancellationToken.None);
}
