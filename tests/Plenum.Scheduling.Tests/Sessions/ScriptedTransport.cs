using System.Threading.Channels;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling.Tests.Sessions;

/// <summary>A transport whose subscriptions a test opens, feeds and breaks.</summary>
internal sealed class ScriptedTransport : ISchedulerTransport
{
    private readonly Channel<Connection> _opened = Channel.CreateUnbounded<Connection>();

    /// <summary>What the next attempts end with, in order; once empty they succeed.</summary>
    internal Queue<Exception> Failures { get; } = new();

    public Task<ISchedulerConnection> SubscribeAsync(Call subscribe, CancellationToken cancellationToken)
    {
        if (Failures.TryDequeue(out var failure))
        {
            return Task.FromException<ISchedulerConnection>(failure);
        }

        var connection = new Connection(subscribe);
        _opened.Writer.TryWrite(connection);
        return Task.FromResult<ISchedulerConnection>(connection);
    }

    internal ValueTask<Connection> NextAsync() => _opened.Reader.ReadAsync();

    internal sealed class Connection(Call subscribe) : ISchedulerConnection
    {
        private readonly Channel<Event> _events = Channel.CreateUnbounded<Event>();

        internal Call Subscribe { get; } = subscribe;

        internal List<Call> Calls { get; } = [];

        internal Exception? CallFailure { get; set; }

        internal bool IsDisposed { get; private set; }

        public ChannelReader<Event> Events => _events.Reader;

        public ValueTask SendAsync(Call call, CancellationToken cancellationToken)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            Calls.Add(call);
            return CallFailure is null ? ValueTask.CompletedTask : ValueTask.FromException(CallFailure);
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            return ValueTask.CompletedTask;
        }

        internal void Send(Event sent) => _events.Writer.TryWrite(sent);

        internal void End(Exception? reason = null) => _events.Writer.TryComplete(reason);
    }
}
