using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Registry;
using Plenum.Master.AgentLink;
using Plenum.Master.Scheduler;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Plenum.Tests.Fuzz;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Master.Tests.Fuzz;

/// <summary>
/// Random calls, valid and not, that passed the shell's checks. The kernel answers or drops each; it never throws,
/// its sums stay right, what it writes can be read, and it does not grow beyond its bounds.
/// </summary>
public sealed class KernelFuzzTests
{
    private const int Agents = 4;
    private const int Streams = 5;
    private const int Commands = 1_200;

    /// <summary>No command of a cluster this small has reason to say more.</summary>
    private const int MaxEffects = 5_000;

    private readonly List<KernelEffect> _effects = [];
    private readonly SortedDictionary<string, byte[]> _registry = new(StringComparer.Ordinal);
    private readonly List<SchedulerStreamId> _streams = [];
    private readonly Dictionary<SchedulerStreamId, FrameworkID> _frameworks = [];
    private readonly List<AgentLinkId> _links = [];
    private readonly Dictionary<int, AgentID> _agents = [];
    private DateTimeOffset _now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private RandomMessages _any = null!;
    private ClusterKernel _kernel = null!;
    private long _next;
    private int _masters;

    [Theory]
    [InlineData(1, 8)]
    [InlineData(9, 16)]
    [InlineData(17, 24)]
    public void No_sequence_of_calls_throws_breaks_a_sum_or_grows_without_bound(int from, int to)
    {
        for (var seed = from; seed <= to; seed++)
        {
            Run(seed);
        }
    }

    private void Run(int seed)
    {
        _any = new RandomMessages(seed);
        _registry.Clear();
        _agents.Clear();
        Restart();
        KernelCommand? command = null;
        try
        {
            for (var i = 0; i < Commands; i++)
            {
                _now += TimeSpan.FromSeconds(_any.Random.NextDouble() * (_any.Chance(0.02) ? 900 : 1));
                if (_any.Chance(0.004))
                {
                    Restart();
                }

                if ((command = Next()) is not null)
                {
                    Apply(command);
                }

                Settle();
                if (i % 25 == 0)
                {
                    _kernel.CheckAll();
                    CheckBounds();
                }
            }
        }
        catch (Exception exception) when (exception is not Shouldly.ShouldAssertException)
        {
            throw new InvalidOperationException($"seed {seed}: {command}: {exception.Message}", exception);
        }
    }

    private void Restart()
    {
        _kernel = new ClusterKernel(new KernelOptions { MasterInfo = new MasterInfo { Id = $"m{++_masters}", Ip = 0, Port = 5050 }, MaxCompletedFrameworks = 5 });
        _kernel.Restore(_registry.Where(static entry => entry.Key.StartsWith(RegistryKeys.Prefix, StringComparison.Ordinal)), _now);
        _streams.Clear();
        _frameworks.Clear();
        _links.Clear();
    }

    private void Settle()
    {
        // Ticks that are due now; more than a few at one moment would be a loop.
        for (var i = 0; _kernel.NextDeadline <= _now; i++)
        {
            i.ShouldBeLessThan(1_000, "the kernel wants ticks without end");
            Apply(new KernelCommand.Tick());
        }
    }

    private KernelCommand? Next()
    {
        switch (_any.Random.Next(20))
        {
            case 0:
                return Register(_any.Random.Next(Agents));
            case 1 when _links.Count > 0:
                return new KernelCommand.AgentLinkClosed(_links[_any.Random.Next(_links.Count)]);
            case 2 or 3 when _streams.Count < Streams:
                return Subscribe();
            case 4 when _streams.Count > 0:
                var closed = _streams[_any.Random.Next(_streams.Count)];
                _streams.Remove(closed);
                return new KernelCommand.SchedulerStreamClosed(closed);
            case 5 when _any.Chance(0.1):
                return new KernelCommand.TeardownFramework(new FrameworkId(_any.Pick("FrameworkID")));
            case 6 when _any.Chance(0.2) && _streams.Count > 0:
                return new KernelCommand.DeactivateFramework(_streams[_any.Random.Next(_streams.Count)]);
            case 6 when _any.Chance(0.05):
                return new KernelCommand.MarkAgentGone(new AgentId(_any.Pick("AgentID")));
            case < 11 when _links.Count > 0:
                return FromAgent();
            default:
                return _streams.Count > 0 ? FromFramework(_streams[_any.Random.Next(_streams.Count)]) : null;
        }
    }

    private KernelCommand.RegisterAgent? Register(int agent)
    {
        var message = new AgentMessage.Types.Register();
        if (_any.Chance(0.2))
        {
            _any.Fill(message);
        }

        message.AgentInfo = new AgentInfo { Hostname = $"a{agent}", Port = 5051, Id = _agents.GetValueOrDefault(agent) };
        message.AgentInfo.Resources.AddRange(ResourceSet.Parse("cpus:4;mem:4096;disk:1000;gpus:1;ports:[31000-31999];cpus(role):1").ToWire());
        message.Address = new Address { Ip = $"10.0.0.{agent}", Port = 5051 };
        message.Version = "1.11.0";
        if ((RequiredFields.FirstMissing(message) ?? AgentMessageShape.Missing(message)) is not null)
        {
            return null;
        }

        var link = new AgentLinkId(++_next);
        _links.Add(link);
        if (_links.Count > Agents)
        {
            _links.RemoveAt(0);
        }

        return new KernelCommand.RegisterAgent(link, message);
    }

    private KernelCommand.AgentMessageReceived? FromAgent()
    {
        var message = new AgentMessage();
        if (_any.Chance(0.4))
        {
            message.Pong = new AgentMessage.Types.Pong { Sequence = 1 };
        }
        else
        {
            _any.Fill(message);
        }

        return message.MessageCase is AgentMessage.MessageOneofCase.None or AgentMessage.MessageOneofCase.Register
            || (message.MessageCase == AgentMessage.MessageOneofCase.Unregister && !_any.Chance(0.1))
            || (RequiredFields.FirstMissing(message) ?? AgentMessageShape.Missing(message)) is not null
            ? null
            : new KernelCommand.AgentMessageReceived(_links[_any.Random.Next(_links.Count)], message);
    }

    private KernelCommand.Subscribe? Subscribe()
    {
        var call = new Call { Type = Call.Types.Type.Subscribe, Subscribe = new Call.Types.Subscribe() };
        if (_any.Chance(0.3))
        {
            _any.Fill(call.Subscribe);
        }
        else
        {
            call.Subscribe.FrameworkInfo = new FrameworkInfo { Name = "f", User = "root", FailoverTimeout = _any.Random.Next(100) };
        }

        call.Subscribe.FrameworkInfo.Id = _any.Chance(0.5) ? null : new FrameworkID { Value = _any.Pick("FrameworkID") };
        call.FrameworkId = call.Subscribe.FrameworkInfo.Id;
        if (RequiredFields.FirstMissing(call) is not null || SchedulerAdmission.CheckShape(call) is not null)
        {
            return null;
        }

        var stream = new SchedulerStreamId(++_next);
        _streams.Add(stream);
        var driver = _any.Chance(0.3) ? new DriverPeer($"scheduler-{_any.Random.Next(3)}@127.0.0.1:1", _any.Chance(0.5)) : null;
        return new KernelCommand.Subscribe(stream, call, null) { Driver = driver };
    }

    private KernelCommand.SchedulerCall? FromFramework(SchedulerStreamId stream)
    {
        var call = new Call();
        if (_any.Chance(0.4))
        {
            Launch(call);
        }
        else
        {
            _any.Fill(call);
        }

        call.FrameworkId = _frameworks.GetValueOrDefault(stream) ?? new FrameworkID { Value = "nobody" };
        return !call.HasType
            || call.Type == Call.Types.Type.Subscribe
            || (call.Type == Call.Types.Type.Teardown && !_any.Chance(0.05))
            || RequiredFields.FirstMissing(call) is not null
            || SchedulerAdmission.CheckShape(call) is not null
            ? null
            : new KernelCommand.SchedulerCall(stream, call);
    }

    /// <summary>Mostly right, so that there is something to break.</summary>
    private void Launch(Call call)
    {
        call.Type = Call.Types.Type.Accept;
        call.Accept = new Call.Types.Accept();
        call.Accept.OfferIds.Add(new OfferID { Value = _any.Pick("OfferID") });
        var task = new TaskInfo
        {
            Name = "t",
            TaskId = new TaskID { Value = $"t{_any.Random.Next(200)}" },
            AgentId = new AgentID { Value = _any.Pick("AgentID") },
            Command = new CommandInfo { Value = "true" },
        };
        task.Resources.AddRange(ResourceSet.Parse("cpus:0.2;mem:32").ToWire());
        _any.Saw("TaskID", task.TaskId.Value);
        call.Accept.Operations.Add(new Operation
        {
            Type = Operation.Types.Type.Launch,
            Launch = new Operation.Types.Launch { TaskInfos = { task } },
        });
        if (_any.Chance(0.3))
        {
            var operation = new Operation();
            _any.Fill(operation);
            call.Accept.Operations.Insert(_any.Random.Next(2), operation);
        }
    }

    private void Apply(KernelCommand command)
    {
        _effects.Clear();
        _kernel.Apply(command, _now, _effects);
        _effects.Count.ShouldBeLessThan(MaxEffects, command.ToString());
        foreach (var effect in _effects)
        {
            Learn(effect);
        }
    }

    private void Learn(KernelEffect effect)
    {
        switch (effect)
        {
            case KernelEffect.WriteRegistry(var key, { } value):
                _registry[key] = value;
                break;
            case KernelEffect.WriteRegistry(var key, null):
                _registry.Remove(key);
                break;
            case KernelEffect.SendToScheduler(var stream, { Subscribed: { } subscribed }):
                _frameworks[stream] = subscribed.FrameworkId;
                _any.Saw("FrameworkID", subscribed.FrameworkId.Value);
                break;
            case KernelEffect.SendToScheduler(_, { Offers: { } offers }):
                foreach (var offer in offers.Offers_)
                {
                    _any.Saw("OfferID", offer.Id.Value);
                }

                break;
            case KernelEffect.CloseScheduler(var stream):
                _streams.Remove(stream);
                break;
            case KernelEffect.SendToAgent(_, { Registered: { } registered }):
                _any.Saw("AgentID", registered.AgentId.Value);
                if (_kernel.Snapshot().FindAgent(registered.AgentId) is { } admitted)
                {
                    _agents[admitted.Info.Hostname[1] - '0'] = registered.AgentId;
                }

                break;
            default:
                break;
        }
    }

    private void CheckBounds()
    {
        var book = _kernel.Snapshot();
        book.CompletedFrameworks.Count.ShouldBeLessThanOrEqualTo(5);
        book.Agents.Count.ShouldBeLessThanOrEqualTo(Agents);
        foreach (var framework in book.Frameworks)
        {
            framework.CompletedTasks.Count.ShouldBeLessThanOrEqualTo(1_000);
            framework.UnreachableTasks.Count.ShouldBeLessThanOrEqualTo(1_000);
        }
    }
}
