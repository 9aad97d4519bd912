using Google.Protobuf;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Info = Plenum.Protocol.V1.Offer.Types.Operation;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Agent.Tests.Volumes;

/// <summary>Operations as a master orders them.</summary>
internal static class Orders
{
    public static Resource Reserved(string resources, string role = "web")
    {
        var wire = ResourceSet.Parse(resources).ToWire()[0].Clone();
        wire.Reservations.Add(new Resource.Types.ReservationInfo { Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = role });
        return wire;
    }

    public static Resource Volume(string id, double megabytes = 100, string role = "web", Volume.Types.Mode mode = Protocol.V1.Volume.Types.Mode.Rw)
    {
        var volume = Reserved($"disk:{megabytes}", role);
        volume.Disk = new Resource.Types.DiskInfo
        {
            Persistence = new Resource.Types.DiskInfo.Types.Persistence { Id = id },
            Volume = new Volume { ContainerPath = "data", Mode = mode },
        };
        return volume;
    }

    public static Resource On(this Resource volume, SourceType type, string root)
    {
        volume.Disk.Source = type == SourceType.Path
            ? new Resource.Types.DiskInfo.Types.Source { Type = type, Path = new() { Root = root } }
            : new Resource.Types.DiskInfo.Types.Source { Type = type, Mount = new() { Root = root } };
        return volume;
    }

    public static MasterMessage Reserve(byte uuid, params Resource[] resources) => Apply(uuid, new Info
    {
        Type = Info.Types.Type.Reserve, Reserve = new Info.Types.Reserve { Resources = { resources } },
    });

    public static MasterMessage Create(byte uuid, params Resource[] volumes) => Apply(uuid, new Info
    {
        Type = Info.Types.Type.Create, Create = new Info.Types.Create { Volumes = { volumes } },
    });

    public static MasterMessage Destroy(byte uuid, params Resource[] volumes) => Apply(uuid, new Info
    {
        Type = Info.Types.Type.Destroy, Destroy = new Info.Types.Destroy { Volumes = { volumes } },
    });

    public static MasterMessage Shrink(byte uuid, Resource volume, double megabytes) => Apply(uuid, new Info
    {
        Type = Info.Types.Type.ShrinkVolume,
        ShrinkVolume = new Info.Types.ShrinkVolume { Volume = volume, Subtract = new Value.Types.Scalar { Value = megabytes } },
    });

    public static MasterMessage CreateDisk(
        byte uuid, Resource source, ByteString version, string? profile = "fast", SourceType target = SourceType.Mount)
    {
        var create = new Info.Types.CreateDisk { Source = source, TargetType = target };
        if (profile is not null)
        {
            create.TargetProfile = profile;
        }

        return Apply(uuid, new Info { Type = Info.Types.Type.CreateDisk, CreateDisk = create }).At(version);
    }

    public static MasterMessage DestroyDisk(byte uuid, Resource source, ByteString version) => Apply(uuid, new Info
    {
        Type = Info.Types.Type.DestroyDisk, DestroyDisk = new Info.Types.DestroyDisk { Source = source },
    }).At(version);

    /// <summary>Decided on this version of a resource provider's resources.</summary>
    public static MasterMessage At(this MasterMessage order, ByteString version)
    {
        order.ApplyOperation.ResourceVersion = version;
        return order;
    }

    /// <summary>The same resource, reserved to a role by an operation.</summary>
    public static Resource For(this Resource resource, string role)
    {
        var reserved = resource.Clone();
        reserved.Reservations.Add(new Resource.Types.ReservationInfo { Type = Resource.Types.ReservationInfo.Types.Type.Dynamic, Role = role });
        return reserved;
    }

    /// <summary>The whole disk as a persistent volume.</summary>
    public static Resource WithVolume(this Resource disk, string id, string containerPath = "data")
    {
        var volume = disk.Clone();
        volume.Disk.Persistence = new Resource.Types.DiskInfo.Types.Persistence { Id = id };
        volume.Disk.Volume = new Volume { ContainerPath = containerPath, Mode = Protocol.V1.Volume.Types.Mode.Rw };
        return volume;
    }

    public static MasterMessage Acknowledge(AgentMessage.Types.OperationUpdate update) => new()
    {
        AcknowledgeOperation = new MasterMessage.Types.AcknowledgeOperation
        {
            OperationUuid = update.OperationUuid, StatusUuid = update.Status.Uuid.Value,
        },
    };

    public static ByteString Uuid(byte number) => ByteString.CopyFrom([number, .. new byte[15]]);

    private static MasterMessage Apply(byte uuid, Info info)
    {
        info.Id = new OperationID { Value = $"op-{uuid}" };
        return new MasterMessage
        {
            ApplyOperation = new MasterMessage.Types.ApplyOperation
            {
                FrameworkId = new FrameworkID { Value = "fw" }, Info = info, OperationUuid = Uuid(uuid),
            },
        };
    }
}
