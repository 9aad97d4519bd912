using Google.Protobuf;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Reservation = Plenum.Protocol.V1.Resource.Types.ReservationInfo;
using Source = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Agent.Book.Providers;

/// <summary>
/// The arithmetic of a storage pool: RAW without an id is room that is left, MOUNT and BLOCK with one are disks. A
/// pool is offered once, not once for each profile as Mesos does: the same room twice in offers would be room that
/// two frameworks believe to have.
/// </summary>
internal static class StoragePool
{
    public const string FileSystemLabel = "filesystem";

    public static Resource Raw(string provider, double megabytes, string? profile, IEnumerable<Reservation> reservations)
    {
        var raw = new Resource
        {
            ProviderId = new ResourceProviderID { Value = provider },
            Name = "disk",
            Type = Value.Types.Type.Scalar,
            Scalar = new Value.Types.Scalar { Value = megabytes },
            Disk = new Resource.Types.DiskInfo { Source = RawSource(profile) },
        };
        raw.Reservations.AddRange(reservations);
        return raw;
    }

    /// <summary>
    /// What the provider has by this configuration: its disks and reserved room stay, and what is left of the size is free.
    /// A pool that was made smaller than what is taken of it has nothing left.
    /// </summary>
    /// <param name="known">What it had.</param>
    /// <param name="held">
    /// What operations under way consume of it: that stays as they know it, or a disk that is being made would have been made of nothing.
    /// </param>
    /// <param name="provider">Whose pool it is.</param>
    /// <param name="config">What it is to be.</param>
    public static ResourceSet Fit(ResourceSet known, ResourceSet held, string provider, StorageProviderConfig config)
    {
        var kept = new List<Resource>();
        foreach (var resource in (known - held).ToWire())
        {
            if (IsRoom(resource))
            {
                if (!IsReserved(resource))
                {
                    continue;
                }

                resource.Disk.Source = RawSource(config.Profile);
            }

            kept.Add(resource);
        }

        var taken = held + ResourceSet.FromWire(kept);
        var left = config.Megabytes - taken.Scalar("disk");
        return left > 0 ? taken + ResourceSet.FromWire([Raw(provider, left, config.Profile, config.Info.DefaultReservations)]) : taken;
    }

    public static bool HasDisks(ResourceSet known) => known.ToWire().Any(static resource => !IsRoom(resource));

    /// <summary>Disks, or room that a framework reserved: what nobody but the book remembers.</summary>
    public static bool IsTaken(ResourceSet known) => known.ToWire().Any(static resource => !IsRoom(resource) || IsReserved(resource));

    /// <summary>Null, and why the disk cannot be made.</summary>
    public static ResourceConversion? Create(
        Offer.Types.Operation.Types.CreateDisk create,
        ByteString uuid,
        StorageProviderConfig config,
        IEnumerable<DiskProfile> profiles,
        out string? problem)
    {
        var source = create.Source.Disk.Source;
        var name = source.HasProfile ? source.Profile : create.TargetProfile;
        var profile = profiles.FirstOrDefault(known => known.Name == name && known.IsFor(config.Type, config.Name));
        problem = profile is null ? $"The agent knows no disk profile '{name}' for the provider '{config.Name}'"
            : profile.Kind == DiskKind.Block && create.TargetType != SourceType.Block ? $"The profile '{name}' makes BLOCK disks only"
            : profile.Kind != DiskKind.Block && create.TargetType != SourceType.Mount ? $"The profile '{name}' makes MOUNT disks only"
            : !IsRoom(create.Source) ? "The source is a disk already"
            : null;
        if (problem is not null)
        {
            return null;
        }

        var id = IdOf(uuid);
        var disk = create.Source.Clone();
        disk.Disk.Source = new Source { Type = create.TargetType, Id = id, Profile = name, Vendor = StorageProviderConfig.PoolPlugin };
        if (profile!.Kind != DiskKind.Block)
        {
            disk.Disk.Source.Metadata = new Labels
            {
                Labels_ = { new Label { Key = FileSystemLabel, Value = profile.Kind == DiskKind.Xfs ? "xfs" : "ext4" } },
            };
            disk.Disk.Source.Mount = new Source.Types.Mount { Root = DiskOrder.Of(disk, config.Directory)!.MountPoint };
        }

        return new ResourceConversion(ResourceSet.FromWire([create.Source]), ResourceSet.FromWire([disk]));
    }

    /// <summary>A disk is named by the operation that makes it.</summary>
    public static string IdOf(ByteString uuid) => Convert.ToHexStringLower(uuid.Span);

    /// <param name="disk">It goes.</param>
    /// <param name="profile">Of the pool; null also while it is not configured.</param>
    public static ResourceConversion Destroy(Resource disk, string? profile)
    {
        var room = disk.Clone();
        room.Disk.Source = RawSource(profile);
        return new ResourceConversion(ResourceSet.FromWire([disk]), ResourceSet.FromWire([room]));
    }

    public static bool IsRoom(Resource resource) => resource.Disk is { Persistence: null, Source: { Type: SourceType.Raw, HasId: false } };

    private static bool IsReserved(Resource resource) =>
        resource.Reservations.Any(static level => level.Type != Reservation.Types.Type.Static);

    private static Source RawSource(string? profile)
    {
        var source = new Source { Type = SourceType.Raw };
        if (profile is not null)
        {
            source.Profile = profile;
        }

        return source;
    }
}
