using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Simulation.World;

/// <summary>
/// Reserves disk, makes volumes of it, resizes them and takes both back, now and then with an id that asks for
/// feedback; half of the volumes are shared with whoever may use the reservation. It keeps account of what it was told it has. One in a role below another also refines what is reserved
/// for the upper one.
/// </summary>
internal sealed class SimReservations(SimWorld world, string name, string role, bool refines)
{
    private const int Megabytes = 10;
    private const int Sliver = 2;
    private const int MaxVolumes = 4;

    private readonly Dictionary<string, AgentId> _awaited = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OperationState> _outcomes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _creations = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AgentId> _volumes = new(StringComparer.Ordinal);
    private int _next;

    /// <summary>Operations whose outcome it has not heard.</summary>
    public IReadOnlyDictionary<string, AgentId> Awaited => _awaited;

    /// <summary>Volumes that were said to be made and that it did not destroy, with their agents.</summary>
    public IReadOnlyDictionary<string, AgentId> Volumes => _volumes;

    /// <summary>A new identity: nobody will tell it of the old one's operations.</summary>
    public void Forget()
    {
        _awaited.Clear();
        _volumes.Clear();
    }

    /// <summary>Operations on an offer, and the volume, or none, that a task may use after them.</summary>
    public List<Operation> Change(Offer offer, out Resource? free)
    {
        var operations = new List<Operation>();
        free = null;
        var volumes = offer.Resources.Where(IsOwnVolume).ToList();
        if (volumes.Count < MaxVolumes && world.Chance(0.2))
        {
            Make(operations, offer);
        }

        foreach (var volume in volumes)
        {
            switch (world.Random.Next(8))
            {
                case 0 or 1:
                    Destroy(operations, offer, volume);
                    break;
                case 2:
                    Grow(operations, offer, volume);
                    break;
                case 3:
                    Add(operations, offer, new Operation
                    {
                        Type = Operation.Types.Type.ShrinkVolume,
                        ShrinkVolume = new Operation.Types.ShrinkVolume
                        {
                            Volume = volume, Subtract = new Value.Types.Scalar { Value = Sliver },
                        },
                    });
                    break;
                default:
                    free ??= volume;
                    break;
            }
        }

        // Those of the role above that are shared are open to it too.
        free ??= offer.Resources.FirstOrDefault(resource => resource.Shared is not null && !IsOwnVolume(resource));
        foreach (var rest in offer.Resources.Where(resource => resource.Disk is null && RoleOf(resource) == role && world.Chance(0.3)))
        {
            Add(operations, offer, Unreserve(rest));
        }

        return operations;
    }

    /// <summary>What became of an operation.</summary>
    public void Take(OperationStatus status)
    {
        if (status.OperationId is not { Value: { } id } || !IsOutcome(status.State))
        {
            return;
        }

        // "Neither it nor its agent is known (any more)", to a question asked before its outcome was heard, is none.
        if (status.State is not (OperationState.OperationUnknown or OperationState.OperationGoneByOperator))
        {
            if (_outcomes.TryGetValue(id, out var before) && before != status.State)
            {
                throw new SimulationFailureException($"{name} was told that {id} is {before} and now hears {status.State}");
            }

            _outcomes[id] = status.State;
        }

        if (_awaited.Remove(id, out var agent)
            && status.State == OperationState.OperationFinished
            && _creations.TryGetValue(id, out var volume))
        {
            _volumes[volume] = agent;
        }
    }

    private static bool IsOutcome(OperationState state) => state is OperationState.OperationFinished
        or OperationState.OperationFailed
        or OperationState.OperationError
        or OperationState.OperationDropped
        or OperationState.OperationGoneByOperator
        or OperationState.OperationUnknown;

    private static string RoleOf(Resource resource) => ResourceSet.FromWire([resource]).Entries[0].Role;

    private bool IsOwnVolume(Resource resource) =>
        resource.Disk?.Persistence is { } persistence && persistence.Id.StartsWith($"{name}-", StringComparison.Ordinal);

    private void Make(List<Operation> operations, Offer offer)
    {
        var disk = Reserved(offer);
        Add(operations, offer, Reserve(disk));
        if (!world.Chance(0.7))
        {
            return;
        }

        var volume = disk.Clone();
        volume.Disk = new Resource.Types.DiskInfo
        {
            Persistence = new Resource.Types.DiskInfo.Types.Persistence { Id = $"{name}-v{_next++}" },
            Volume = new Volume { ContainerPath = "data", Mode = Volume.Types.Mode.Rw },
        };
        volume.Shared = world.Chance(0.5) ? new Resource.Types.SharedInfo() : null;
        var create = Add(operations, offer, new Operation
        {
            Type = Operation.Types.Type.Create, Create = new Operation.Types.Create { Volumes = { volume } },
        });
        if (create.Id is { } id)
        {
            _creations[id.Value] = volume.Disk.Persistence.Id;
        }
    }

    private void Destroy(List<Operation> operations, Offer offer, Resource volume)
    {
        _volumes.Remove(volume.Disk.Persistence.Id);
        foreach (var creation in _creations.Where(known => known.Value == volume.Disk.Persistence.Id).ToList())
        {
            _creations.Remove(creation.Key);
        }

        Add(operations, offer, new Operation
        {
            Type = Operation.Types.Type.Destroy, Destroy = new Operation.Types.Destroy { Volumes = { volume } },
        });
        var disk = volume.Clone();
        disk.Disk = null;
        disk.Shared = null;
        Add(operations, offer, Unreserve(disk));
    }

    private void Grow(List<Operation> operations, Offer offer, Resource volume)
    {
        var addition = volume.Clone();
        addition.Disk = null;
        addition.Shared = null;
        addition.Scalar = new Value.Types.Scalar { Value = Sliver };
        Add(operations, offer, Reserve(addition));
        Add(operations, offer, new Operation
        {
            Type = Operation.Types.Type.GrowVolume,
            GrowVolume = new Operation.Types.GrowVolume { Volume = volume, Addition = addition },
        });
    }

    // Mostly of what is free; one that refines, of what is reserved for the role above when there is enough of it.
    private Resource Reserved(Offer offer)
    {
        var above = refines
            ? offer.Resources.FirstOrDefault(resource => resource.Disk is null
                && resource.Reservations.Count == 1
                && RoleOf(resource) != role
                && resource.Scalar?.Value >= Megabytes)
            : null;
        var disk = ResourceSet.Parse($"disk:{Megabytes}").ToWire()[0].Clone();
        disk.AllocationInfo = new Resource.Types.AllocationInfo { Role = role };
        if (!refines)
        {
            disk.Role = role;
            disk.Reservation = new Resource.Types.ReservationInfo { Principal = "sim" };
            return disk;
        }

        if (above is not null)
        {
            disk.Reservations.AddRange(above.Reservations);
        }

        disk.Reservations.Add(new Resource.Types.ReservationInfo
        {
            Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = role, Principal = "sim",
        });
        return disk;
    }

    private static Operation Reserve(Resource disk) => new()
    {
        Type = Operation.Types.Type.Reserve, Reserve = new Operation.Types.Reserve { Resources = { disk } },
    };

    private static Operation Unreserve(Resource disk) => new()
    {
        Type = Operation.Types.Type.Unreserve, Unreserve = new Operation.Types.Unreserve { Resources = { disk } },
    };

    private Operation Add(List<Operation> operations, Offer offer, Operation operation)
    {
        operations.Add(Named(operation, offer));
        return operation;
    }

    /// <summary>Now and then with an id, and then it waits for the outcome.</summary>
    public Operation Named(Operation operation, Offer offer)
    {
        if (world.Chance(0.5))
        {
            operation.Id = new OperationID { Value = $"{name}-op{_next++}" };
            _awaited.Add(operation.Id.Value, offer.AgentId);
        }

        return operation;
    }
}
