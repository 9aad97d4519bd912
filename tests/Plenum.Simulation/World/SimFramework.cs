using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Capability = Plenum.Protocol.V1.FrameworkInfo.Types.Capability;

namespace Plenum.Simulation.World;

/// <summary>
/// A careful framework: it notes a task before it launches it, acknowledges what it has noted, resubscribes, and
/// reconciles. It also watches that what it is told makes sense.
/// </summary>
internal sealed partial class SimFramework(SimCluster cluster, SimWorld world, int number)
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

    /// <summary>Tasks of it that ended for more important roles.</summary>
    public int Preempted { get; private set; }

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

        if (_reservations is not null)
        {
            info.Capabilities.Add(new Capability { Type = Capability.Types.Type.SharedResources });
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

        if (world.Fault(world.IsTight ? 0.4 : 0.1))
        {
            Wish();
        }

        if (world.Fault(0.003))
        {
            Send(new Call { Type = Call.Types.Type.Teardown });
        }
    }

    /// <summary>More than is mostly free on one agent; now and then it wants nothing any more.</summary>
    private void Wish()
    {
        var wish = new Call.Types.Request();
        if (world.Chance(0.8))
        {
            wish.Requests.Add(new Request { Resources = { ResourceSet.Parse($"cpus:{2 + world.Random.Next(3)};mem:512").ToWire() } });
        }

        Send(new Call { Type = Call.Types.Type.Request, Request = wish });
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
}
