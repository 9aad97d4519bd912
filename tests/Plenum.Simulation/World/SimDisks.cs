using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Simulation.World;

/// <summary>What a framework does with storage pools in its offers: cuts disks out of their room, and gives some back.</summary>
internal static class SimDisks
{
    /// <summary>Three fit into a pool, and a rest that is too small.</summary>
    private const int Megabytes = 30;

    /// <summary>Operations on an offer, and the disk, or none, that a task may use.</summary>
    public static IEnumerable<Operation> Change(SimWorld world, Offer offer, out Resource? free)
    {
        var operations = new List<Operation>();
        free = null;
        foreach (var disk in offer.Resources.Where(static resource => resource.ProviderId is not null))
        {
            var isRoom = disk.Disk.Source is { Type: SourceType.Raw, HasId: false };
            if (isRoom && disk.Scalar.Value >= Megabytes && world.Chance(0.25))
            {
                var source = disk.Clone();
                source.Scalar.Value = Megabytes;
                operations.Add(new Operation
                {
                    Type = Operation.Types.Type.CreateDisk,
                    CreateDisk = new Operation.Types.CreateDisk { Source = source, TargetType = SourceType.Mount },
                });
            }
            else if (!isRoom && world.Chance(0.3))
            {
                operations.Add(new Operation
                {
                    Type = Operation.Types.Type.DestroyDisk, DestroyDisk = new Operation.Types.DestroyDisk { Source = disk },
                });
            }
            else if (!isRoom && world.Chance(0.5))
            {
                free ??= disk;
            }
        }

        return operations;
    }
}
