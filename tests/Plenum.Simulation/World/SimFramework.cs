using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Simulation.World;

/// <summary>
/// A careful framework: it notes a task before it launches it, acknowledges what it has noted, resubscribes, and
/// reconciles. It also watches that what it is told makes sense.
/// </summary>
internal sealed class SimFramework(SimCluster cluster, SimWorld world, int number)
{
    public const string Upper = "web";
    public const string Lower = "web/shop";

    private const int MaxTasks = 8;
    private static readonly TimeSpan HeartbeatPatience = TimeSpan.FromSeconds(75);

    private readonly bool _isPartitionAware = number % 2 == 0;
    private readonly double _failoverTimeout = number switch { 1 => 20, 2 => 0, _ => 100_000 };

    // One in a role, one in none, one in a role below the first, which may use what is reserved for that.
    private readonly string _role = number switch { 0 => Upper, 2 => Lower, _ => "*" };
    private readonly SimReservations? _reservations = number switch
    {
        0 => new SimReservations(world, "f0", Upper, refines: false),
        2 => new SimReservations(world, "f2", Lower, refines: true),
        _ => null,
    };

    private readonly HashSet<OfferId> _rescinded = [];
    private SimConnection? _connection;
    private bool _subscribed;
    private DateTimeOffset _lastHeard;
    private int _identity;
    private int _nextTask;

    public string Name => $"f{number}.{_identity}";

    public FrameworkId? Id { get; private set; }

    public Dictionary<TaskId, TaskView> Tasks { get; } = [];

    public bool IsPartitioned { get; set; }

    public bool IsSubscribed => _subscribed;

    public int Launched { get; private set; }

    /// <summary>Connections it has made.</summary>
    public int Connects { get; private set; }

    public SimReservations? Reservations => _reservations;

    /// <summary>When something was last offered to it.</summary>
    public DateTimeOffset LastOffer { get; private set; }

    public void Start()
    {
        Connect();
        Live();
    }

    public void Crash()
    {
        world.Note($"{Name} crashes");
        Disconnect();
        world.After(world.Between(0.1, 30), string.Empty, Connect);
    }

    public void BreakStream() => _connection?.Break();

    public void SilenceStream() => _connection?.GoSilent();

    private void Disconnect()
    {
        _connection?.CloseByClient();
        _connection = null;
        _subscribed = false;
    }

    private void Connect()
    {
        if (_connection is not null)
        {
            return;
        }

        if (cluster.MasterForClient(IsPartitioned) is not { } master)
        {
            world.After(world.Between(0.2, 3), string.Empty, Connect);
            return;
        }

        var connection = new SimConnection(world, $"{Name}-{master.Name}") { Master = master };
        _connection = connection;
        _rescinded.Clear();
        Connects++;
        _lastHeard = world.Now;
        connection.ClientClosed = () => Lost(connection);
        var call = new Call
        {
            Type = Call.Types.Type.Subscribe,
            Subscribe = new Call.Types.Subscribe { FrameworkInfo = Info() },
            FrameworkId = Id?.ToWire(),
        };
        connection.ToServer($"subscribe {Id}", () => master.AcceptStream(connection, call, message =>
        {
            if (_connection == connection)
            {
                Receive(message);
            }
        }));
    }

    private FrameworkInfo Info()
    {
        var info = new FrameworkInfo
        {
            Name = Name,
            User = "root",
            FailoverTimeout = _failoverTimeout,
            Checkpoint = true,
            Id = Id?.ToWire(),
        };
        if (_role != "*")
        {
            info.Roles.Add(_role);
            info.Capabilities.Add(new Capability { Type = Capability.Types.Type.MultiRole });
        }

        if (_role == Lower)
        {
            info.Capabilities.Add(new Capability { Type = Capability.Types.Type.ReservationRefinement });
        }

        if (_isPartitionAware)
        {
            info.Capabilities.Add(new Capability { Type = Capability.Types.Type.PartitionAware });
        }

        return info;
    }

    private void Lost(SimConnection connection)
    {
        if (_connection == connection)
        {
            Disconnect();
            world.After(world.Between(0.05, 5), string.Empty, Connect);
        }
    }

    /// <summary>What it does by itself, now and then.</summary>
    private void Live()
    {
        world.After(world.Between(1, 12), string.Empty, () =>
        {
            if (_connection is not null && world.Now - _lastHeard > HeartbeatPatience)
            {
                world.Note($"{Name} gives its stream up");
                Disconnect();
                Connect();
            }

            if (_subscribed)
            {
                Act();
            }

            Live();
        });
    }

    private void Act()
    {
        if (!world.IsRough || world.Chance(0.3))
        {
            // Both kinds together find everything: what it has and the cluster lost, and the reverse.
            Reconcile([.. Tasks.Values.Where(task => !task.IsOver)]);
            Reconcile([]);
            ReconcileOperations();
        }

        if (world.IsRough && world.Chance(0.15) && Pick() is { } victim)
        {
            Send(new Call
            {
                Type = Call.Types.Type.Kill,
                Kill = new Call.Types.Kill { TaskId = victim.Id.ToWire(), AgentId = victim.Agent.ToWire() },
            });
        }

        if (world.Fault(0.05))
        {
            Send(new Call { Type = Call.Types.Type.Revive });
        }

        if (world.Fault(0.003))
        {
            Send(new Call { Type = Call.Types.Type.Teardown });
        }
    }

    private TaskView? Pick()
    {
        var live = Tasks.Values.Where(task => !task.IsOver).ToList();
        return live.Count == 0 ? null : live[world.Random.Next(live.Count)];
    }

    private void Reconcile(List<TaskView> tasks)
    {
        var reconcile = new Call.Types.Reconcile();
        reconcile.Tasks.AddRange(tasks.Select(task => new Call.Types.Reconcile.Types.Task
        {
            TaskId = task.Id.ToWire(),
            AgentId = task.Agent.ToWire(),
        }));
        Send(new Call { Type = Call.Types.Type.Reconcile, Reconcile = reconcile });
    }

    private void ReconcileOperations()
    {
        if (_reservations is not { Awaited.Count: > 0 } reservations)
        {
            return;
        }

        var reconcile = new Call.Types.ReconcileOperations();
        reconcile.Operations.AddRange(reservations.Awaited.Select(awaited => new Call.Types.ReconcileOperations.Types.Operation
        {
            OperationId = new OperationID { Value = awaited.Key },
            AgentId = awaited.Value.ToWire(),
        }));
        Send(new Call { Type = Call.Types.Type.ReconcileOperations, ReconcileOperations = reconcile });
    }

    private void Send(Call call)
    {
        if (_connection is { Master: { } master } connection && Id is { } id)
        {
            call.FrameworkId = id.ToWire();
            connection.ToServer(Describe.Of(call), () => master.FromFramework(connection, call));
        }
    }

    private void Receive(Event message)
    {
        switch (message.Type)
        {
            case Event.Types.Type.Heartbeat:
                // Only this counts as life: nothing else comes at all times.
                _lastHeard = world.Now;
                break;
            case Event.Types.Type.Subscribed:
                Id = message.Subscribed.FrameworkId;
                _subscribed = true;
                Reconcile([.. Tasks.Values.Where(task => !task.IsOver)]);
                Reconcile([]);
                break;
            case Event.Types.Type.Offers:
                LastOffer = world.Now;
                foreach (var offer in message.Offers.Offers_)
                {
                    Weigh(offer);
                }

                break;
            case Event.Types.Type.Rescind:
                _rescinded.Add(message.Rescind.OfferId);
                break;
            case Event.Types.Type.Update:
                Take(message.Update.Status);
                break;
            case Event.Types.Type.UpdateOperationStatus:
                Take(message.UpdateOperationStatus.Status);
                break;
            case Event.Types.Type.InverseOffers:
                foreach (var asked in message.InverseOffers.InverseOffers_)
                {
                    Answer(asked);
                }

                break;
            case Event.Types.Type.Error when message.Error.Message.Contains("removed", StringComparison.Ordinal):
                StartAnew();
                break;
            case Event.Types.Type.Error when !message.Error.Message.Contains("failed over", StringComparison.Ordinal):
                throw new SimulationFailureException($"{Name} was refused: {message.Error.Message}");
            default:
                break;
        }
    }

    private void Take(OperationStatus status)
    {
        _reservations!.Take(status);
        if (status.Uuid is { } uuid)
        {
            Send(new Call
            {
                Type = Call.Types.Type.AcknowledgeOperationStatus,
                AcknowledgeOperationStatus = new Call.Types.AcknowledgeOperationStatus
                {
                    AgentId = status.AgentId, OperationId = status.OperationId, Uuid = uuid.Value,
                },
            });
        }
    }

    private void Answer(InverseOffer asked)
    {
        if (world.Chance(0.5))
        {
            Send(new Call
            {
                Type = Call.Types.Type.AcceptInverseOffers,
                AcceptInverseOffers = new Call.Types.AcceptInverseOffers { InverseOfferIds = { asked.Id } },
            });
        }
        else if (world.Chance(0.5))
        {
            Send(new Call
            {
                Type = Call.Types.Type.DeclineInverseOffers,
                DeclineInverseOffers = new Call.Types.DeclineInverseOffers { InverseOfferIds = { asked.Id } },
            });
        }
    }

    private void StartAnew()
    {
        Id = null;
        _reservations?.Forget();
        _identity++;
        Tasks.Clear();
        Disconnect();
        world.After(world.Between(0.1, 5), string.Empty, Connect);
    }

    /// <summary>Mostly at once; now and then so late that the offer may be gone.</summary>
    private void Weigh(Offer offer)
    {
        if (!world.Fault(0.2))
        {
            Consider(offer);
            return;
        }

        var connection = _connection;
        world.After(world.Between(0.1, 45), string.Empty, () =>
        {
            if (_connection == connection && !_rescinded.Contains(offer.Id))
            {
                Consider(offer);
            }
        });
    }

    private void Consider(Offer offer)
    {
        var live = Tasks.Values.Count(task => !task.IsOver);
        var filters = new Filters { RefuseSeconds = world.Between(0, 8).TotalSeconds };
        if (!world.IsRough || live >= MaxTasks || world.Chance(0.3))
        {
            var decline = new Call.Types.Decline { Filters = filters };
            decline.OfferIds.Add(offer.Id);
            Send(new Call { Type = Call.Types.Type.Decline, Decline = decline });
            return;
        }

        var accept = new Call.Types.Accept { Filters = filters };
        accept.OfferIds.Add(offer.Id);
        Resource? volume = null;
        accept.Operations.AddRange(_reservations?.Change(offer, out volume) ?? []);
        var tasks = Enumerable.Range(0, 1 + world.Random.Next(3)).Select(_ => NewTask(offer)).ToList();
        if (volume is not null && world.Chance(0.5))
        {
            tasks[0].Resources.Add(volume.Clone());
        }

        int? group = world.Chance(0.25) ? _nextTask : null;
        accept.Operations.Add(group is null ? Single(tasks) : Group(tasks));
        Launched += tasks.Count;
        foreach (var task in tasks)
        {
            Tasks.Add(task.TaskId, new TaskView(task.TaskId, offer.AgentId)
            {
                Group = group,
                Offer = offer.Id,
                Connection = _connection!,
            });
        }

        Send(new Call { Type = Call.Types.Type.Accept, Accept = accept });
    }

    private TaskInfo NewTask(Offer offer)
    {
        var task = new TaskInfo
        {
            Name = "t",
            TaskId = new TaskID { Value = $"{Name}-t{_nextTask++}" },
            AgentId = offer.AgentId,
            Command = new CommandInfo { Value = "work" },
        };
        task.Resources.AddRange(ResourceSet.Parse("cpus:0.5;mem:128").ToWire());
        return task;
    }

    private static Operation Single(List<TaskInfo> tasks)
    {
        var operation = new Operation { Type = Operation.Types.Type.Launch, Launch = new Operation.Types.Launch() };
        operation.Launch.TaskInfos.AddRange(tasks);
        return operation;
    }

    private Operation Group(List<TaskInfo> tasks)
    {
        var executor = new ExecutorInfo
        {
            Type = ExecutorInfo.Types.Type.Default,
            ExecutorId = new ExecutorID { Value = $"{Name}-pod{_nextTask}" },
        };
        executor.Resources.AddRange(ResourceSet.Parse("cpus:0.1;mem:32;disk:10").ToWire());
        var operation = new Operation
        {
            Type = Operation.Types.Type.LaunchGroup,
            LaunchGroup = new Operation.Types.LaunchGroup { Executor = executor, TaskGroup = new TaskGroupInfo() },
        };
        operation.LaunchGroup.TaskGroup.Tasks.AddRange(tasks);
        return operation;
    }

    private void Take(TaskStatus status)
    {
        if (!Tasks.TryGetValue(status.TaskId, out var task))
        {
            throw new SimulationFailureException($"{Name} hears {status.State} of {status.TaskId.Value}, which it never launched");
        }

        // Messages of one connection are in order: had the offer ended before, it would have been said before.
        if (status.Reason == Reason.InvalidOffers && task.Connection == _connection && !_rescinded.Contains(task.Offer))
        {
            throw new SimulationFailureException($"{Name} cannot launch {task.Id} on {task.Offer}, which was never rescinded: {status.Message}");
        }

        if (task.IsOver && IsLateAnswer(status))
        {
            return;
        }

        if (task.IsOver && !MayFollow(task.State, status))
        {
            throw new SimulationFailureException(
                $"{Name} was told that {task.Id} is {task.State} and now hears {status.State} ({status.Source}, {status.Reason})");
        }

        if (status.HasUuid)
        {
            var rank = Rank(status.State);
            if (rank < task.Rank)
            {
                throw new SimulationFailureException($"{Name} hears {status.State} of {task.Id} after a later update");
            }

            task.Rank = rank;
        }

        MustNotBeFromNowhere(task, status);
        task.State = status.State;
        task.IsOver = IsTerminal(status.State);
        if (status.HasUuid)
        {
            Acknowledge(status);
            if (world.Fault(0.1))
            {
                // Once more, and late: by then another update may be the one that waits.
                world.After(world.Between(0.01, 3), string.Empty, () => Acknowledge(status));
            }
        }
    }

    /// <summary>A task that the leading master called unknown to all does not run on an agent afterwards.</summary>
    private void MustNotBeFromNowhere(TaskView task, TaskStatus status)
    {
        if (status.State == TaskState.TaskUnknown)
        {
            task.IsNowhere |= _connection?.Master == cluster.Leader;
        }
        else if (status.HasUuid && task.IsNowhere && !IsTerminal(status.State))
        {
            throw new SimulationFailureException($"{Name} was told that nobody knows {task.Id} and now hears {status.State}");
        }
    }

    private void Acknowledge(TaskStatus status) => Send(new Call
    {
        Type = Call.Types.Type.Acknowledge,
        Acknowledge = new Call.Types.Acknowledge { AgentId = status.AgentId, TaskId = status.TaskId, Uuid = status.Uuid },
    });

    /// <summary>
    /// An end is final. The one exception is LOST for frameworks that are not partition aware: it also stands for
    /// an agent that may come back.
    /// </summary>
    private bool MayFollow(TaskState end, TaskStatus status) =>
        status.State == end
        || (!_isPartitionAware && end == TaskState.TaskLost);

    /// <summary>
    /// "I do not know it (any more)", to a question asked before its end was heard of. States of a known task
    /// are no such answer: the master would contradict itself.
    /// </summary>
    private static bool IsLateAnswer(TaskStatus status) =>
        status is { Source: TaskStatus.Types.Source.Master, Reason: Reason.Reconciliation }
        && status.State is (TaskState.TaskGone or TaskState.TaskGoneByOperator or TaskState.TaskLost or TaskState.TaskUnreachable or TaskState.TaskUnknown);

    private static int Rank(TaskState state) => state switch
    {
        TaskState.TaskStaging => 0,
        TaskState.TaskStarting => 1,
        TaskState.TaskRunning => 2,
        TaskState.TaskKilling => 3,
        _ => 4,
    };

    private static bool IsTerminal(TaskState state) => state is not (TaskState.TaskStaging or TaskState.TaskStarting
        or TaskState.TaskRunning or TaskState.TaskKilling or TaskState.TaskUnreachable or TaskState.TaskUnknown);
}
