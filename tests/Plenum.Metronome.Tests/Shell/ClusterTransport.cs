using System.Threading.Channels;
using Plenum.Metronome.Tests.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Scheduling;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Metronome.Tests.Shell;

/// <summary>
/// The fake cluster behind a scheduler's transport. It offers whenever it is asked to, and runs what it gets as the command
/// says: <c>true</c> finishes, <c>false</c> fails with status 1, anything else goes on until it is killed.
/// </summary>
internal sealed class ClusterTransport : ISchedulerTransport
{
    private readonly FakeCluster _cluster = new();
    private readonly Lock _gate = new();
    private bool _offers = true;
    private ChannelWriter<Event>? _events;

    public List<FakeTask> Alive
    {
        get
        {
            lock (_gate)
            {
                return [.. _cluster.Alive];
            }
        }
    }

    /// <summary>From here on there is nothing to offer.</summary>
    public void StopOffering()
    {
        lock (_gate)
        {
            _offers = false;
        }
    }

    public Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var channel = Channel.CreateUnbounded<Event>();
            _events = channel.Writer;
            _events.TryWrite(_cluster.Subscribed());
            return Task.FromResult<ISchedulerConnection>(new Connection(this, channel));
        }
    }

    private void Take(Call call)
    {
        lock (_gate)
        {
            _cluster.Call(call);
            foreach (var answer in _cluster.Outbox)
            {
                _events!.TryWrite(answer);
            }

            _cluster.Outbox.Clear();
            if (call.Type is Call.Types.Type.Accept)
            {
                foreach (var task in _cluster.Alive.Where(static task => task.State == TaskState.TaskStaging).ToList())
                {
                    Run(task);
                }
            }
            else if (call.Type is Call.Types.Type.Revive && _offers && _cluster.Offers() is { } offers)
            {
                _events!.TryWrite(offers);
            }
        }
    }

    private void Run(FakeTask task)
    {
        task.State = TaskState.TaskRunning;
        _events!.TryWrite(FakeCluster.Status(task));
        var command = task.Info.Command.Value;
        if (command is not ("true" or "false"))
        {
            return;
        }

        task.State = command == "true" ? TaskState.TaskFinished : TaskState.TaskFailed;
        task.Pending = null;
        _events.TryWrite(FakeCluster.Status(task, command == "true" ? "Command exited with status 0" : "Command exited with status 1"));
    }

    private sealed class Connection(ClusterTransport owner, Channel<Event> events) : ISchedulerConnection
    {
        public ChannelReader<Event> Events => events.Reader;

        public ValueTask SendAsync(Call call, CancellationToken cancellationToken)
        {
            owner.Take(call);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync()
        {
            events.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }
    }
}
