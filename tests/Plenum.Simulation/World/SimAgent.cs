using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Simulation.World;

/// <summary>
/// One machine: the agent's real book, a disk that keeps what was written, and containers that outlive the
/// agent's process but not the machine.
/// </summary>
internal sealed partial class SimAgent(SimCluster cluster, SimWorld world, int number)
{
    private const int Sigkill = 9;

    private readonly Dictionary<string, byte[]> _disk = new(StringComparer.Ordinal);
    private readonly Dictionary<string, byte[]?> _unsynced = new(StringComparer.Ordinal);
    private readonly Dictionary<ContainerId, SimContainer> _containers = [];
    private readonly Dictionary<long, SimConnection> _links = [];

    /// <summary>Directories of persistent volumes, with the operation that made each.</summary>
    private readonly Dictionary<string, ByteString> _volumes = new(StringComparer.Ordinal);

    /// <summary>By operation, the outcome that was last said; null once the agent was told that it is acknowledged.</summary>
    private readonly Dictionary<ByteString, ByteString?> _outcomes = [];

    private AgentBook? _book;
    private int _process;
    private int _boot;
    private long _tickGeneration;
    private DateTimeOffset _diskDone;

    public string Name { get; } = $"a{number}";

    public bool IsUp => _book is not null;

    public bool IsPartitioned { get; set; }

    /// <summary>With the storage pool.</summary>
    public static ResourceSet Total { get; } = ResourceSet.Parse($"cpus:4;mem:4096;disk:{1000 + PoolMegabytes};ports:[31000-31009]");

    public static ResourceSet Capacity { get; } = ResourceSet.Parse("cpus:4;mem:4096;disk:1000;ports:[31000-31009]");

    public int Crashes { get; private set; }

    public int VolumeChanges { get; private set; }

    public AgentSnapshot? Snapshot => _book?.Snapshot();

    /// <summary>The snapshot that the checks have seen already: most steps change one part only.</summary>
    public AgentSnapshot? CheckedSnapshot { get; set; }

    /// <summary>Tasks it would find on its disk if it started now.</summary>
    public IReadOnlyList<string> TasksOnDisk => [.. _disk.Keys.Where(static key => key.StartsWith("tasks/", StringComparison.Ordinal))];

    /// <summary>Volumes that could not be made: tasks that were to use one are in the book until their launch fails.</summary>
    public HashSet<string> FailedVolumes { get; } = new(StringComparer.Ordinal);

    /// <summary>Volumes whose directories exist.</summary>
    public IEnumerable<string> VolumesOnDisk => _volumes.Keys;

    public IEnumerable<SimContainer> Containers => _containers.Values;

    public void Start()
    {
        if (IsUp)
        {
            return;
        }

        _process++;
        world.Note($"{Name} starts");
        if (!_disk.ContainsKey("agent"))
        {
            // It went down in the middle of being dismissed: what is left belongs to nobody.
            _volumes.Clear();
            _disks.Clear();
        }

        var info = new AgentInfo { Hostname = $"{Name}.example", Port = 5051 };
        info.Resources.AddRange(Capacity.ToWire());
        var incarnation = new byte[16];
        world.Random.NextBytes(incarnation);
        _book = new AgentBook(new AgentBookOptions
        {
            Info = info,
            Version = "1.11.0",
            Address = new Address { Hostname = info.Hostname, Ip = $"10.0.0.{number + 1}", Port = 5051 },
            BootId = $"{Name}-boot-{_boot}",
            Incarnation = new Guid(incarnation),
            StorageProviders = [Pool],
            DiskProfiles = [Profile],
        });
        var found = _containers.Values
            .Where(container => container.State != SimContainerState.Starting)
            .Select(container => new RecoveredContainer(container.Id, 1, container.End))
            .ToList();
        var effects = new List<AgentEffect>();
        _book.Start(_disk.ToList(), [], found, world.Now, effects);
        Run(effects);
    }

    /// <summary>kill -9 of the agent's process: containers go on.</summary>
    public void Crash()
    {
        if (!IsUp)
        {
            return;
        }

        world.Note($"{Name} crashes");
        Crashes++;
        _book = null;
        _process++;
        foreach (var link in _links.Values.ToList())
        {
            link.CloseByClient();
        }

        _links.Clear();
        if (world.Options.Sabotage == Sabotage.LyingDisk)
        {
            foreach (var (key, before) in _unsynced)
            {
                Write(key, before);
            }
        }

        // A start that was under way may or may not have come far enough.
        foreach (var container in _containers.Values.Where(c => c.State == SimContainerState.Starting).ToList())
        {
            if (world.Chance(0.5))
            {
                _containers.Remove(container.Id);
            }
            else
            {
                RunContainer(container);
            }
        }

        world.After(world.Between(0.2, 20), string.Empty, Start);
    }

    /// <summary>The machine restarts: containers are gone and nobody saw how.</summary>
    public void Reboot()
    {
        Crash();
        world.Note($"{Name} reboots");
        _boot++;
        _containers.Clear();
    }

    public void BreakLinks()
    {
        foreach (var link in _links.Values.ToList())
        {
            link.Break();
        }
    }

    public void SilenceLinks()
    {
        foreach (var link in _links.Values)
        {
            link.GoSilent();
        }
    }

    private void Feed(AgentCommand command)
    {
        if (_book is null)
        {
            return;
        }

        var effects = new List<AgentEffect>();
        _book.Apply(command, world.Now, effects);
        Run(effects);
    }

    private void Run(List<AgentEffect> effects)
    {
        var process = _process;

        // The shell's rule: all checkpoints of a command are durable before anything else of it happens.
        foreach (var effect in effects)
        {
            if (effect is AgentEffect.WriteCheckpoint(var key, var value))
            {
                _unsynced[key] = _disk.GetValueOrDefault(key);
                Write(key, value);
            }
        }

        foreach (var effect in effects)
        {
            if (world.Fault(0.0005))
            {
                // In the middle: what was written is written, the rest never happens.
                Crash();
            }

            if (process != _process)
            {
                return;
            }

            Do(effect);
        }

        ArmTick();
    }

    private void Do(AgentEffect effect)
    {
        switch (effect)
        {
            case AgentEffect.OpenLink(var link, var message):
                Open(link, message);
                break;
            case AgentEffect.CloseLink(var link):
                if (_links.Remove(link, out var closed))
                {
                    closed.CloseByClient();
                }

                break;
            case AgentEffect.SendToMaster(var link, var message):
                if (_links.TryGetValue(link, out var open) && open.Master is { } master)
                {
                    var copy = message.Clone();
                    if (copy.OperationUpdate is { Status.Uuid: { } uuid } update)
                    {
                        _outcomes[update.OperationUuid] = uuid.Value;
                    }

                    open.ToServer(Describe.Of(copy), () => master.FromAgent(open, copy));
                }

                break;
            case AgentEffect.LaunchContainer(var launch):
                Launch(launch);
                break;
            case AgentEffect.SignalContainer(var id, var signal):
                Signal(id, signal);
                break;
            case AgentEffect.DestroyContainer(var id):
                Destroy(id);
                break;
            case AgentEffect.MakeVolumes(var operation, var volumes):
                ChangeVolumes(operation, volumes, make: true);
                break;
            case AgentEffect.RemoveVolumes(var operation, var volumes):
                ChangeVolumes(operation, volumes, make: false);
                break;
            case AgentEffect.MakeDisk(var operation, var disk):
                ChangeDisk(operation, disk, make: true);
                break;
            case AgentEffect.RemoveDisk(var operation, var disk):
                ChangeDisk(operation, disk, make: false);
                break;
            case AgentEffect.StopAgent(var reason):
                Stop(reason);
                break;
            case AgentEffect.StandAside(var reason):
                throw new SimulationFailureException($"{Name} was told to stand aside: {reason}");
            case AgentEffect.QuarantineCheckpoint(var key):
                throw new SimulationFailureException($"{Name} cannot read its own record {key}");
            default:
                break;
        }
    }

    private void Write(string key, byte[]? value)
    {
        if (value is null)
        {
            _disk.Remove(key);
        }
        else
        {
            _disk[key] = value;
        }
    }

    private void Open(long link, AgentMessage.Types.Register message)
    {
        var process = _process;
        var master = cluster.MasterForClient(IsPartitioned);
        if (master is null)
        {
            world.After(world.Between(0.01, 1), string.Empty, () => Closed(process, link));
            return;
        }

        var connection = new SimConnection(world, $"{Name}#{process}.{link}-{master.Name}") { Master = master };
        _links.Add(link, connection);
        MustNotRepeat(message);
        if (world.Fault(0.1))
        {
            EndAHolder();
        }

        connection.ClientClosed = () => Closed(process, link);
        var copy = message.Clone();
        connection.ToServer(
            Describe.Of(new AgentMessage { Register = copy }),
            () => master.AcceptLink(connection, copy, answer =>
            {
                if (process == _process)
                {
                    if (_links.ContainsKey(link))
                    {
                        // On a link it has given up the book hears nothing.
                        NoteAcknowledged(answer.AcknowledgeOperation);
                    }

                    Feed(new AgentCommand.MasterMessageReceived(link, answer));
                }
            }));
    }

    private void NoteAcknowledged(MasterMessage.Types.AcknowledgeOperation? acknowledged)
    {
        if (acknowledged is not null && _outcomes.GetValueOrDefault(acknowledged.OperationUuid) == acknowledged.StatusUuid)
        {
            _outcomes[acknowledged.OperationUuid] = null;
        }
    }

    private void MustNotRepeat(AgentMessage.Types.Register message)
    {
        foreach (var operation in message.Operations)
        {
            if (_outcomes.TryGetValue(operation.Uuid.Value, out var outcome) && outcome is null)
            {
                throw new SimulationFailureException($"{Name} reports operation {operation.Info.Type} although it was acknowledged");
            }
        }
    }

    // A pod's holder dies while the registration that lists it is on its way.
    private void EndAHolder()
    {
        if (_containers.Values.FirstOrDefault(static container =>
            container is { Launch.Kind: ContainerKind.Pod, State: SimContainerState.Running }) is { } holder)
        {
            world.After(world.Between(0, 0.05), string.Empty, () => End(holder, Sigkill));
        }
    }

    private void Closed(int process, long link)
    {
        if (process == _process)
        {
            _links.Remove(link);
            Feed(new AgentCommand.LinkClosed(link));
        }
    }

    private void ArmTick()
    {
        if (_book?.NextDeadline is not { } next)
        {
            return;
        }

        var generation = ++_tickGeneration;
        var process = _process;
        world.At(next, string.Empty, () =>
        {
            if (generation == _tickGeneration && process == _process)
            {
                _unsynced.Clear();
                Feed(new AgentCommand.Tick());
            }
        });
    }
}
