using System.Diagnostics;
using Google.Protobuf;
using Plenum.Benchmarks.Reporting;
using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Benchmarks.Kernel;

/// <summary>
/// One kernel, 5,000 agents, no sockets: every round offers all agents, launches on each, lets the tasks
/// run and end, and acknowledges both updates. Only time inside the kernel counts; the messages are made
/// outside of it, as sockets and parsers would.
/// </summary>
internal sealed class KernelLaunches
{
    private const int Agents = 5_000;
    private const int TasksPerOffer = 8;
    private const int WarmRounds = 2;
    private const int Rounds = 7;

    /// <summary>As many commands as the master's loop applies before it lets effects go.</summary>
    private const int EffectsRound = 512;

    private static readonly SchedulerStreamId Stream = new(1);

    private readonly ClusterKernel _kernel = new(new KernelOptions
    {
        MasterInfo = new MasterInfo { Id = "bench", Ip = 0, Port = 5050 },
        AgentPingInterval = TimeSpan.FromDays(1),
        SchedulerHeartbeatInterval = TimeSpan.FromDays(1),
    });

    private readonly List<KernelEffect> _effects = [];
    private readonly List<Offer> _offers = [];
    private readonly List<(AgentLinkId Link, TaskInfo Task)> _started = [];
    private readonly Stopwatch _inside = new();
    private FrameworkID? _framework;
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _counter;

    public static IEnumerable<BenchmarkRow> Run()
    {
        var bench = new KernelLaunches();
        bench.Fill();
        var launches = new List<double>();
        var lives = new List<double>();
        for (var round = 0; round < WarmRounds + Rounds; round++)
        {
            var (launch, life) = bench.Round();
            if (round >= WarmRounds)
            {
                launches.Add(launch);
                lives.Add(life);
            }
        }

        yield return new BenchmarkRow($"kernel: offer and launch, {Agents:N0} agents, no sockets", Medians.Of(launches), "/s", 50_000);
        yield return new BenchmarkRow("kernel: the same with 2 updates and 2 acknowledgements a task", Medians.Of(lives), "/s");
    }

    private void Fill()
    {
        for (var i = 1; i <= Agents; i++)
        {
            var register = new AgentMessage.Types.Register
            {
                AgentInfo = new AgentInfo { Hostname = $"agent-{i}" },
                Version = "1.11.0",
                // A machine of its own each: the same address twice would be the same agent.
                Address = new Address { Hostname = $"agent-{i}", Ip = $"10.0.{i >> 8}.{i & 255}", Port = 5051 },
            };
            register.AgentInfo.Resources.AddRange(ResourceSet.Parse("cpus:32;mem:131072;disk:1000000;ports:[31000-32000]").ToWire());
            Apply([new KernelCommand.RegisterAgent(new AgentLinkId(i), register)]);
        }

        var info = new FrameworkInfo { Name = "bench", User = "root", FailoverTimeout = 3600 };
        Apply([new KernelCommand.Subscribe(
            Stream, new Call { Type = Call.Types.Type.Subscribe, Subscribe = new Call.Types.Subscribe { FrameworkInfo = info } }, null)]);
    }

    private (double LaunchesPerSecond, double LivesPerSecond) Round()
    {
        // 1. Offers of every agent.
        _inside.Reset();
        _now += TimeSpan.FromSeconds(2);
        Apply([new KernelCommand.Tick()]);
        while (_kernel.NextDeadline <= _now)
        {
            Apply([new KernelCommand.Tick()]);
        }

        // 2. Launches.
        var accepts = _offers.Select(Accept).ToList();
        _offers.Clear();
        Apply(accepts);
        var launched = _started.Count;
        var launching = _inside.Elapsed;
        if (launched < Agents * TasksPerOffer)
        {
            throw new InvalidOperationException($"Only {launched} tasks were launched of {Agents * TasksPerOffer}");
        }

        // 3. Their lives.
        var started = _started.ToList();
        _started.Clear();
        foreach (var state in new[] { TaskState.TaskRunning, TaskState.TaskFinished })
        {
            var uuids = started.Select(_ => NewUuid()).ToList();
            Apply([.. started.Zip(uuids, (task, uuid) => Update(task.Link, task.Task, state, uuid))]);
            Apply([.. started.Zip(uuids, (task, uuid) => Acknowledge(task.Task, uuid))]);
        }

        return (launched / launching.TotalSeconds, launched / _inside.Elapsed.TotalSeconds);
    }

    private void Apply(List<KernelCommand> commands)
    {
        for (var start = 0; start < commands.Count; start += EffectsRound)
        {
            var end = Math.Min(start + EffectsRound, commands.Count);
            _inside.Start();
            for (var i = start; i < end; i++)
            {
                _kernel.Apply(commands[i], _now, _effects);
            }

            _inside.Stop();
            Take();
        }
    }

    private void Take()
    {
        foreach (var effect in _effects)
        {
            switch (effect)
            {
                case KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Offers } offered }:
                    _offers.AddRange(offered.Offers.Offers_);
                    break;
                case KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Subscribed } subscribed }:
                    _framework = subscribed.Subscribed.FrameworkId;
                    break;
                case KernelEffect.SendToAgent { Message.RunTask: { } run } sent:
                    _started.Add((sent.Link, run.Task));
                    break;
            }
        }

        _effects.Clear();
    }

    private KernelCommand Accept(Offer offer)
    {
        var launch = new Operation.Types.Launch();
        for (var i = 0; i < TasksPerOffer; i++)
        {
            var task = new TaskInfo
            {
                Name = "bench",
                TaskId = new TaskID { Value = $"bench.{++_counter}" },
                AgentId = offer.AgentId,
                Command = new CommandInfo { Value = "sleep 100" },
            };
            task.Resources.Add(Scalar("cpus", 0.1));
            task.Resources.Add(Scalar("mem", 64));
            var port = (ulong)(31_000 + i);
            task.Resources.Add(new Resource
            {
                Name = "ports",
                Type = Value.Types.Type.Ranges,
                Ranges = new Value.Types.Ranges { Range = { new Value.Types.Range { Begin = port, End = port } } },
            });
            launch.TaskInfos.Add(task);
        }

        var accept = new Call.Types.Accept { Filters = new Filters { RefuseSeconds = 0 } };
        accept.OfferIds.Add(offer.Id);
        accept.Operations.Add(new Operation { Type = Operation.Types.Type.Launch, Launch = launch });
        return new KernelCommand.SchedulerCall(
            Stream, new Call { FrameworkId = _framework, Type = Call.Types.Type.Accept, Accept = accept });
    }

    private KernelCommand.AgentMessageReceived Update(AgentLinkId link, TaskInfo task, TaskState state, ByteString uuid) => new(
        link,
        new AgentMessage
        {
            StatusUpdate = new AgentMessage.Types.StatusUpdate
            {
                FrameworkId = _framework,
                LatestState = state,
                Status = new TaskStatus
                {
                    TaskId = task.TaskId,
                    AgentId = task.AgentId,
                    State = state,
                    Source = TaskStatus.Types.Source.Executor,
                    Uuid = uuid,
                },
            },
        });

    private KernelCommand.SchedulerCall Acknowledge(TaskInfo task, ByteString uuid) => new(
        Stream,
        new Call
        {
            FrameworkId = _framework,
            Type = Call.Types.Type.Acknowledge,
            Acknowledge = new Call.Types.Acknowledge { AgentId = task.AgentId, TaskId = task.TaskId, Uuid = uuid },
        });

    private ByteString NewUuid()
    {
        var bytes = new byte[16];
        BitConverter.TryWriteBytes(bytes, ++_counter);
        return ByteString.CopyFrom(bytes);
    }

    private static Resource Scalar(string name, double value) =>
        new() { Name = name, Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = value } };
}
