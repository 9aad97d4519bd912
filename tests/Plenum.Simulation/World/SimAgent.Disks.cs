using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Agent.Book.Providers;
using Plenum.Protocol.V1;
using Attribute = Plenum.Protocol.V1.Attribute;

namespace Plenum.Simulation.World;

// The machine's storage pool and the disks that are cut out of it.
internal sealed partial class SimAgent
{
    public const int PoolMegabytes = 100;

    private const string DiskProfileName = "fast";

    private const long BytesPerMegabyte = 1024 * 1024;

    private static readonly StorageProviderConfig Pool = StorageProviderConfig.TryRead(
        new ResourceProviderInfo
        {
            Type = StorageProviderConfig.LocalStorage,
            Name = "pool",
            Storage = new ResourceProviderInfo.Types.Storage
            {
                Plugin = new CSIPluginInfo { Type = StorageProviderConfig.PoolPlugin, Name = "pool", TargetPathRoot = "/pool" },
            },
            Attributes =
            {
                new Attribute { Name = "megabytes", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = PoolMegabytes } },
                new Attribute { Name = "profile", Type = Value.Types.Type.Text, Text = new Value.Types.Text { Value = DiskProfileName } },
            },
        },
        out _)!;

    private static readonly DiskProfile Profile = new(DiskProfileName, DiskKind.Ext4, Providers: null);

    /// <summary>What lies in the pool, with the size of each.</summary>
    private readonly Dictionary<string, long> _disks = new(StringComparer.Ordinal);

    private DateTimeOffset _poolDone;

    public IEnumerable<string> DisksInPool => _disks.Keys;

    public int DiskChanges { get; private set; }

    private void ChangeDisk(ByteString operation, DiskOrder disk, bool make)
    {
        var process = _process;
        _poolDone = (_poolDone > world.Now ? _poolDone : world.Now)
            + (world.Fault(0.1) ? world.Between(1, 15) : world.Between(0.01, 0.5));
        world.At(_poolDone, string.Empty, () =>
        {
            // The tools of a process that died may come to their end all the same; the next one asks again.
            var isOrphan = _book is null && _disk.ContainsKey("agent") && world.Chance(0.5);
            if (process != _process && !isOrphan)
            {
                return;
            }

            // What the tools of the process before have removed is not there to fail: each step looks first whether it is done.
            if (process == _process && world.Fault(0.05) && (make || _disks.ContainsKey(disk.Id)))
            {
                if (make)
                {
                    // Whatever an earlier try left.
                    _disks.Remove(disk.Id);
                }

                Feed(new AgentCommand.VolumesChanged(operation, "the disk's file system cannot be made"));
                return;
            }

            Change(disk, make);
            if (process == _process)
            {
                DiskChanges++;
                Feed(new AgentCommand.VolumesChanged(operation, Problem: null));
            }
        });
    }

    private void Change(DiskOrder disk, bool make)
    {
        if (!make)
        {
            _disks.Remove(disk.Id);
            return;
        }

        _disks[disk.Id] = disk.Bytes;
        if (_disks.Values.Sum() > PoolMegabytes * BytesPerMegabyte)
        {
            throw new SimulationFailureException($"{Name} has a pool of {PoolMegabytes} MB and {_disks.Count} disks of {_disks.Values.Sum()} bytes in it");
        }
    }

    /// <summary>A disk that was offered is there for its task.</summary>
    private void MustHaveDisksOf(ContainerLaunch launch)
    {
        foreach (var resource in launch.Resources)
        {
            if (resource.Disk?.Source is { HasId: true } source && !_disks.ContainsKey(source.Id))
            {
                throw new SimulationFailureException($"{Name} launches {launch.Container} on the disk {source.Id}, which is not there");
            }
        }
    }
}
