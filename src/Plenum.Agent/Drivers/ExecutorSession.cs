using System.Net.Sockets;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Book;
using Plenum.Agent.Http;
using Plenum.Agent.Loop;
using Plenum.Http.Libprocess;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Executor;
using Call = Plenum.Protocol.V1.Executor.Call;

namespace Plenum.Agent.Drivers;

/// <summary>
/// One registration of one executor: a link to it, on which the book's events go out as messages. Its end is
/// that of an event stream: the executor may come back for as long as its container lives.
/// </summary>
internal sealed partial class ExecutorSession(
    Upid peer, Upid self, AgentLoop loop, EventStreams<Event> streams, TimeProvider clock, ILogger logger)
{
    private Event.Types.Subscribed? _about;

    /// <summary>
    /// Answers the agent's id when the link broke under an executor that was registered: it may have noticed
    /// nothing, and would not come back by itself.
    /// </summary>
    public async Task<AgentID?> RunAsync(Call subscribe, bool again, CancellationToken stopping)
    {
        var (number, reply, events) = streams.Subscribe();
        try
        {
            await using var link = await PeerLink.OpenAsync(self, peer, clock, stopping);
            await loop.PostAsync(new AgentCommand.ExecutorSubscribing(number, subscribe) { DriverPid = peer.ToString() });
            var answer = await reply.WaitAsync(stopping);
            if (answer.StatusCode != StatusCodes.Status200OK)
            {
                Log.Refused(logger, peer, answer.Message);
                await link.SendAsync(
                    new ShutdownExecutorMessage { FrameworkId = subscribe.FrameworkId, ExecutorId = subscribe.ExecutorId }, stopping);
            }
            else if (!await PumpAsync(link, events, again, stopping))
            {
                return _about?.AgentInfo.Id;
            }

            await link.EndAsync();
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            Log.Ended(logger, peer, exception.Message);
            return stopping.IsCancellationRequested ? null : _about?.AgentInfo.Id;
        }
        finally
        {
            streams.Forget(number);
            await loop.PostAsync(new AgentCommand.ExecutorStreamClosed(number));
        }

        return null;
    }

    /// <summary>False when the executor closed the link.</summary>
    private async Task<bool> PumpAsync(PeerLink link, ChannelReader<Event> events, bool again, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(link.Broken, stopping);
        try
        {
            await foreach (var message in events.ReadAllAsync(ended.Token))
            {
                if (await TranslateAsync(message, again) is { } wire)
                {
                    await link.SendAsync(wire, ended.Token);
                }
            }

            return true;
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            return false;
        }
    }

    private async ValueTask<IMessage?> TranslateAsync(Event message, bool again)
    {
        if (message.Type == Event.Types.Type.Subscribed)
        {
            _about = message.Subscribed;
            return ExecutorEvents.Subscribed(message.Subscribed, again);
        }

        if (message.Type == Event.Types.Type.LaunchGroup)
        {
            foreach (var task in message.LaunchGroup.TaskGroup.Tasks)
            {
                await RefuseAsync(task);
            }
        }

        // What ends before it began is only told to end.
        return _about is { } about ? ExecutorEvents.Translate(about, message)
            : message.Type == Event.Types.Type.Shutdown ? new ShutdownExecutorMessage()
            : null;
    }

    /// <summary>The driver has no message for a group; without an answer its tasks would be awaited for ever.</summary>
    private async ValueTask RefuseAsync(TaskInfo task)
    {
        var (number, _) = streams.Call();
        try
        {
            await loop.PostAsync(new AgentCommand.ExecutorCalling(number, new Call
            {
                Type = Call.Types.Type.Update,
                FrameworkId = _about!.FrameworkInfo.Id,
                ExecutorId = _about.ExecutorInfo.ExecutorId,
                Update = new Call.Types.Update
                {
                    Status = new TaskStatus
                    {
                        TaskId = task.TaskId,
                        State = TaskState.TaskFailed,
                        Source = TaskStatus.Types.Source.Executor,
                        Uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
                        Message = "The executor uses the old driver (libmesos), which knows no task groups: launch the tasks one by one, "
                            + "or use an executor of the v1 API",
                    },
                },
            }));
        }
        finally
        {
            streams.Forget(number);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The executor at {Peer} was not registered and is told to end: {Reason}")]
        public static partial void Refused(ILogger logger, Upid peer, string? reason);

        [LoggerMessage(2, LogLevel.Information, "The link to the executor at {Peer} ended: {Reason}")]
        public static partial void Ended(ILogger logger, Upid peer, string reason);
    }
}
