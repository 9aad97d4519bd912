using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Kernel.Tests.Operations;

/// <summary>Operations and their resources in few words.</summary>
internal static class Op
{
    public static Operation Reserve(params IEnumerable<Resource> resources) => new()
    {
        Type = OperationType.Reserve, Reserve = new Operation.Types.Reserve { Resources = { resources } },
    };

    public static Operation Unreserve(params IEnumerable<Resource> resources) => new()
    {
        Type = OperationType.Unreserve, Unreserve = new Operation.Types.Unreserve { Resources = { resources } },
    };

    public static Operation Create(params IEnumerable<Resource> volumes) => new()
    {
        Type = OperationType.Create, Create = new Operation.Types.Create { Volumes = { volumes } },
    };

    public static Operation Destroy(params IEnumerable<Resource> volumes) => new()
    {
        Type = OperationType.Destroy, Destroy = new Operation.Types.Destroy { Volumes = { volumes } },
    };

    public static Operation Grow(Resource volume, Resource addition) => new()
    {
        Type = OperationType.GrowVolume, GrowVolume = new Operation.Types.GrowVolume { Volume = volume, Addition = addition },
    };

    public static Operation Shrink(Resource volume, double subtract) => new()
    {
        Type = OperationType.ShrinkVolume,
        ShrinkVolume = new Operation.Types.ShrinkVolume { Volume = volume, Subtract = new Value.Types.Scalar { Value = subtract } },
    };

    public static Operation Launch(params IEnumerable<TaskInfo> tasks) => new()
    {
        Type = OperationType.Launch, Launch = new Operation.Types.Launch { TaskInfos = { tasks } },
    };

    public static Operation CreateDisk(Resource source, SourceType target = SourceType.Mount, string? profile = "fast")
    {
        var create = new Operation.Types.CreateDisk { Source = source, TargetType = target };
        if (profile is not null)
        {
            create.TargetProfile = profile;
        }

        return new Operation { Type = OperationType.CreateDisk, CreateDisk = create };
    }

    public static Operation DestroyDisk(Resource source) => new()
    {
        Type = OperationType.DestroyDisk, DestroyDisk = new Operation.Types.DestroyDisk { Source = source },
    };

    /// <summary>Room of a provider's storage pool.</summary>
    public static Resource Raw(double megabytes, string provider = "rp")
    {
        var raw = ResourceSet.Parse($"disk:{megabytes}").ToWire()[0].Clone();
        raw.ProviderId = new ResourceProviderID { Value = provider };
        raw.Disk = new Resource.Types.DiskInfo { Source = new Resource.Types.DiskInfo.Types.Source { Type = SourceType.Raw } };
        return raw;
    }

    /// <summary>What a provider made of it.</summary>
    public static Resource AsDisk(this Resource raw, string id, SourceType type = SourceType.Mount)
    {
        var disk = raw.Clone();
        disk.AllocationInfo = null;
        disk.Disk.Source.Type = type;
        disk.Disk.Source.Id = id;
        disk.Disk.Source.Profile = "fast";
        disk.Disk.Source.Mount = type == SourceType.Mount ? new() { Root = $"/pool/mounts/{id}" } : null;
        return disk;
    }

    public static Operation Named(this Operation operation, string id)
    {
        operation.Id = new OperationID { Value = id };
        return operation;
    }

    /// <summary>Reserved by an operation to each role in turn, the last one on top.</summary>
    public static Resource[] Reserved(string resources, params string[] roles)
    {
        var wire = ResourceSet.Parse(resources).ToWire().Select(resource => resource.Clone()).ToArray();
        foreach (var resource in wire)
        {
            resource.Reservations.AddRange(roles.Select(role => new Resource.Types.ReservationInfo
            {
                Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = role,
            }));
        }

        return wire;
    }

    public static Resource Volume(string id, double megabytes, string role = "web", bool isShared = false)
    {
        var volume = Reserved($"disk:{megabytes}", role)[0];
        volume.Disk = new Resource.Types.DiskInfo
        {
            Persistence = new Resource.Types.DiskInfo.Types.Persistence { Id = id },
            Volume = new Volume { ContainerPath = "data", Mode = Plenum.Protocol.V1.Volume.Types.Mode.Rw },
        };
        volume.Shared = isShared ? new Resource.Types.SharedInfo() : null;
        return volume;
    }

    public static Resource OnMount(this Resource disk, string root)
    {
        disk.Disk ??= new Resource.Types.DiskInfo();
        disk.Disk.Source = new Resource.Types.DiskInfo.Types.Source
        {
            Type = SourceType.Mount, Mount = new Resource.Types.DiskInfo.Types.Source.Types.Mount { Root = root },
        };
        return disk;
    }

    public static TaskInfo Task(Offer offer, string id, params IEnumerable<Resource> resources)
    {
        var task = TestFramework.Task(offer, id);
        task.Resources.Clear();
        task.Resources.AddRange(resources.Select(resource => resource.Clone()));
        return task;
    }
}
