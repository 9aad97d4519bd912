using System.Collections.Immutable;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Marathon.Reservations;

/// <summary>The operations that make a reservation with its volumes, launch on it, and take it apart.</summary>
internal static class ReservationPlan
{
    /// <param name="taken">What a new reservation is cut from: unreserved, without the volumes' disks.</param>
    /// <param name="disks">The disk of each volume, in the order of the reservation's volumes.</param>
    public static IEnumerable<Operation> Make(
        Instance instance,
        Reservation reservation,
        string frameworkId,
        string principal,
        IReadOnlyList<Resource> taken,
        IReadOnlyList<Resource> disks)
    {
        var reserve = new Operation.Types.Reserve();
        reserve.Resources.AddRange(taken.Concat(disks).Select(Reserved));
        yield return new Operation { Type = Operation.Types.Type.Reserve, Reserve = reserve };

        var create = new Operation.Types.Create();
        for (var i = 0; i < disks.Count; i++)
        {
            var volume = reservation.Volumes[i];
            var disk = Reserved(disks[i]);
            disk.Disk ??= new Resource.Types.DiskInfo();
            disk.Disk.Persistence = new Resource.Types.DiskInfo.Types.Persistence
            {
                Id = volume.PersistenceIdOf(instance.App),
                Principal = principal,
            };
            disk.Disk.Volume = new Volume { ContainerPath = volume.ContainerPath, Mode = Volume.Types.Mode.Rw };
            create.Volumes.Add(disk);
        }

        yield return new Operation { Type = Operation.Types.Type.Create, Create = create };

        // The form from before reservations could be stacked: this framework does not ask for the other one.
        Resource Reserved(Resource resource)
        {
            var reserved = resource.Clone();
            reserved.Reservations.Clear();
            reserved.Role = reservation.Role;
            reserved.Reservation = new Resource.Types.ReservationInfo
            {
                Principal = principal,
                Labels = ReservationLabels.Of(frameworkId, instance.Id),
            };
            return reserved;
        }
    }

    /// <summary>Volumes first: their disk cannot be given back while they are on it.</summary>
    public static IEnumerable<Operation> TakeApart(IReadOnlyList<Resource> resources)
    {
        ImmutableArray<Resource> volumes = [.. resources.Where(IsVolume)];
        if (!volumes.IsEmpty)
        {
            var destroy = new Operation.Types.Destroy();
            destroy.Volumes.AddRange(volumes);
            yield return new Operation { Type = Operation.Types.Type.Destroy, Destroy = destroy };
        }

        var unreserve = new Operation.Types.Unreserve();
        unreserve.Resources.AddRange(resources.Select(WithoutVolume));
        yield return new Operation { Type = Operation.Types.Type.Unreserve, Unreserve = unreserve };
    }

    public static bool IsVolume(Resource resource) => resource.Disk?.Persistence is not null;

    private static Resource WithoutVolume(Resource resource)
    {
        if (!IsVolume(resource))
        {
            return resource;
        }

        var disk = resource.Clone();
        if (disk.Disk.Source is null)
        {
            disk.Disk = null;
        }
        else
        {
            disk.Disk.Persistence = null;
            disk.Disk.Volume = null;
        }

        return disk;
    }
}
