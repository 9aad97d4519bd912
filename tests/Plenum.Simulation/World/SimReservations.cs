using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Simulation.World;

/// <summary>Reserves disk, makes volumes of it and takes both back, now and then with an id that asks for feedback.</summary>
internal sealed class SimReservations(SimWorld world, string name)
{
    public const string Role = "web";

    private const int Megabytes = 10;
    private const int MaxVolumes = 4;
    private int _next;

    public IEnumerable<Operation> Change(Offer offer)
    {
        var operations = new List<Operation>();
        var volumes = offer.Resources.Where(resource => resource.Disk?.Persistence is not null).ToList();
        if (volumes.Count < MaxVolumes && world.Chance(0.4))
        {
            var disk = Reserved();
            operations.Add(Named(new Operation
            {
                Type = Operation.Types.Type.Reserve, Reserve = new Operation.Types.Reserve { Resources = { disk } },
            }));
            if (world.Chance(0.7))
            {
                var volume = disk.Clone();
                volume.Disk = new Resource.Types.DiskInfo
                {
                    Persistence = new Resource.Types.DiskInfo.Types.Persistence { Id = $"{name}-v{_next++}" },
                    Volume = new Volume { ContainerPath = "data", Mode = Volume.Types.Mode.Rw },
                };
                operations.Add(Named(new Operation
                {
                    Type = Operation.Types.Type.Create, Create = new Operation.Types.Create { Volumes = { volume } },
                }));
            }
        }

        foreach (var volume in volumes.Where(_ => world.Chance(0.3)))
        {
            operations.Add(Named(new Operation
            {
                Type = Operation.Types.Type.Destroy, Destroy = new Operation.Types.Destroy { Volumes = { volume } },
            }));
            operations.Add(Named(new Operation
            {
                Type = Operation.Types.Type.Unreserve, Unreserve = new Operation.Types.Unreserve { Resources = { Reserved() } },
            }));
        }

        return operations;
    }

    private static Resource Reserved()
    {
        var disk = ResourceSet.Parse($"disk:{Megabytes}").ToWire()[0].Clone();
        disk.Role = Role;
        disk.Reservation = new Resource.Types.ReservationInfo { Principal = "sim" };
        return disk;
    }

    private Operation Named(Operation operation)
    {
        if (world.Chance(0.5))
        {
            operation.Id = new OperationID { Value = $"{name}-op{_next++}" };
        }

        return operation;
    }
}
