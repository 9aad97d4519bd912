using Plenum.Agent.Book.Providers;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Agent.Tests.Volumes;

/// <summary>Storage pools and their room in few words.</summary>
internal static class Pools
{
    public static readonly IReadOnlyList<DiskProfile> Profiles =
    [
        new("fast", DiskKind.Ext4, Providers: null),
        new("bare", DiskKind.Block, Providers: null),
        new("elsewhere", DiskKind.Ext4, [(StorageProviderConfig.LocalStorage, "other")]),
    ];

    public static ResourceProviderInfo Info(string name, string directory, double megabytes, string? profile = null)
    {
        var info = new ResourceProviderInfo
        {
            Type = StorageProviderConfig.LocalStorage,
            Name = name,
            Storage = new ResourceProviderInfo.Types.Storage
            {
                Plugin = new CSIPluginInfo { Type = StorageProviderConfig.PoolPlugin, TargetPathRoot = directory },
            },
            Attributes =
            {
                new Protocol.V1.Attribute
                {
                    Name = "megabytes", Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = megabytes },
                },
            },
        };
        if (profile is not null)
        {
            info.Attributes.Add(new Protocol.V1.Attribute
            {
                Name = "profile", Type = Value.Types.Type.Text, Text = new Value.Types.Text { Value = profile },
            });
        }

        return info;
    }

    public static StorageProviderConfig Config(string directory = "/pool", double megabytes = 1000, string? profile = null) =>
        StorageProviderConfig.TryRead(Info("pool", directory, megabytes, profile), out var problem) ?? throw new InvalidOperationException(problem);

    public static Resource Raw(string provider, double megabytes, string? profile = null)
    {
        var raw = ResourceSet.Parse("disk:1").ToWire()[0].Clone();
        raw.Scalar.Value = megabytes;
        raw.ProviderId = new ResourceProviderID { Value = provider };
        raw.Disk = new Resource.Types.DiskInfo { Source = new Resource.Types.DiskInfo.Types.Source { Type = SourceType.Raw } };
        if (profile is not null)
        {
            raw.Disk.Source.Profile = profile;
        }

        return raw;
    }
}
