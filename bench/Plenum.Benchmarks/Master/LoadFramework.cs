using System.IO.Pipelines;
using Google.Protobuf;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Benchmarks.Master;

/// <summary>
/// A framework that keeps a fixed number of short tasks under way through <c>/api/v1/scheduler</c>:
/// launches on every offer, acknowledges every update.
/// </summary>
internal sealed class LoadFramework : IAsyncDisposable
{
    private const int TasksPerAccept = 50;
    private const long TaskCpuMillis = 100;
    private const long TaskMemMillis = 64_000;

    private readonly HttpClient _http;
    private readonly HttpResponseMessage _response;
    private readonly RecordReader _events;
    private readonly PipelinedCalls _calls;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Queue<Offer> _offers = new();
    private readonly int _maxUnderWay;
    private readonly TaskCompletionSource<FrameworkID> _subscribed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FrameworkID _id = new();
    private Task _running = Task.CompletedTask;
    private long _counter;
    private int _underWay;
    private int _staysWanted;
    private long _finished;
    private int _staying;

    private LoadFramework(HttpClient http, HttpResponseMessage response, Stream body, PipelinedCalls calls, int maxUnderWay)
    {
        _maxUnderWay = maxUnderWay;
        _http = http;
        _response = response;
        _events = new RecordReader(PipeReader.Create(body), maximumRecord: 64 * 1024 * 1024);
        _calls = calls;
    }

    public Task<FrameworkID> Subscribed => _subscribed.Task;

    /// <summary>Tasks whose whole life is over: launched, running and finished seen and acknowledged.</summary>
    public long Finished => Interlocked.Read(ref _finished);

    /// <summary>Tasks that stay and were seen running.</summary>
    public int Staying => Volatile.Read(ref _staying);

    /// <summary>Fails when anything on the way failed.</summary>
    public Task Completion => _running;

    /// <param name="staying">Tasks to launch first that never end.</param>
    /// <param name="maxUnderWay">Short tasks launched and not ended, at most.</param>
    public static async Task<LoadFramework> StartAsync(
        Uri master, int staying, CancellationToken cancellationToken, int maxUnderWay = 4_000)
    {
        var http = new HttpClient { BaseAddress = master, Timeout = Timeout.InfiniteTimeSpan };
        var subscribe = new Call
        {
            Type = Call.Types.Type.Subscribe,
            Subscribe = new Call.Types.Subscribe
            {
                FrameworkInfo = new FrameworkInfo { Name = "bench", User = "root", FailoverTimeout = 60 },
            },
        };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/scheduler")
        {
            Content = new ByteArrayContent(subscribe.ToByteArray()) { Headers = { ContentType = new("application/x-protobuf") } },
        };
        request.Headers.Accept.ParseAdd("application/x-protobuf");
        var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        var calls = await PipelinedCalls.ConnectAsync(master, response.Headers.GetValues("Mesos-Stream-Id").Single(), cancellationToken);
        var framework = new LoadFramework(http, response, await response.Content.ReadAsStreamAsync(cancellationToken), calls, maxUnderWay)
        {
            _staysWanted = staying,
        };
        framework._running = Task.Run(framework.RunAsync, cancellationToken);
        return framework;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _calls.DisposeAsync();
        _response.Dispose();
        _http.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var calls = new List<Call>();
        while (await _events.ReadMessageAsync(Event.Parser, cancellationToken: _stopping.Token) is { } received)
        {
            calls.Clear();
            switch (received.Type)
            {
                case Event.Types.Type.Subscribed:
                    _id = received.Subscribed.FrameworkId;
                    _subscribed.TrySetResult(_id);
                    break;
                case Event.Types.Type.Offers:
                    foreach (var offer in received.Offers.Offers_)
                    {
                        _offers.Enqueue(offer);
                    }

                    break;
                case Event.Types.Type.Update:
                    Take(received.Update.Status, calls);
                    break;
                case Event.Types.Type.Error:
                    throw new InvalidOperationException($"The master ended the subscription: {received.Error.Message}");
            }

            while (_underWay < _maxUnderWay && _offers.TryDequeue(out var next))
            {
                calls.Add(Accept(next));
            }

            if (calls.Count > 0)
            {
                if (_calls.Completion.IsFaulted)
                {
                    await _calls.Completion;
                }

                await _calls.SendAsync(calls, _stopping.Token);
            }
        }
    }

    private void Take(TaskStatus status, List<Call> calls)
    {
        calls.Add(new Call
        {
            FrameworkId = _id,
            Type = Call.Types.Type.Acknowledge,
            Acknowledge = new Call.Types.Acknowledge { AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid },
        });
        if (status.State == TaskState.TaskFinished)
        {
            _underWay--;
            Interlocked.Increment(ref _finished);
        }
        else if (status.TaskId.Value.StartsWith(LoadAgent.StayingPrefix, StringComparison.Ordinal))
        {
            _underWay--;
            Interlocked.Increment(ref _staying);
        }
        else if (status.State != TaskState.TaskRunning)
        {
            throw new InvalidOperationException($"Task {status.TaskId.Value} became {status.State}: {status.Message}");
        }
    }

    private Call Accept(Offer offer)
    {
        var launch = new Operation.Types.Launch();
        var room = ResourceSet.FromWire(offer.Resources);
        var fit = (int)Math.Min(TasksPerAccept, Math.Min(room.Millis("cpus") / TaskCpuMillis, room.Millis("mem") / TaskMemMillis));
        for (var i = 0; i < fit; i++)
        {
            var prefix = _staysWanted > 0 ? LoadAgent.StayingPrefix : "short.";
            _staysWanted -= _staysWanted > 0 ? 1 : 0;
            launch.TaskInfos.Add(NewTask(offer.AgentId, prefix));
        }

        _underWay += fit;
        var accept = new Call.Types.Accept { Filters = new Filters { RefuseSeconds = 0 } };
        accept.OfferIds.Add(offer.Id);
        accept.Operations.Add(new Operation { Type = Operation.Types.Type.Launch, Launch = launch });
        return new Call { FrameworkId = _id, Type = Call.Types.Type.Accept, Accept = accept };
    }

    private TaskInfo NewTask(AgentID agent, string prefix)
    {
        var task = new TaskInfo
        {
            Name = "bench",
            TaskId = new TaskID { Value = $"{prefix}{++_counter}" },
            AgentId = agent,
            Command = new CommandInfo { Value = "sleep 100" },
            Labels = new Labels(),
        };
        task.Labels.Labels_.Add(new Label { Key = "HAPROXY_GROUP", Value = "external" });
        task.Resources.Add(Scalar("cpus", TaskCpuMillis / 1000.0));
        task.Resources.Add(Scalar("mem", TaskMemMillis / 1000.0));
        return task;
    }

    private static Resource Scalar(string name, double value) =>
        new() { Name = name, Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = value } };
}
