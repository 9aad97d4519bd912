using Google.Protobuf;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book.Providers;

/// <summary>A resource provider of this agent: a storage pool of its own, or a program that subscribes.</summary>
internal sealed class ProviderEntry
{
    public required string Id { get; init; }

    /// <summary>With id.</summary>
    public required ResourceProviderInfo Info { get; set; }

    public required bool IsBuiltIn { get; init; }

    /// <summary>Everything it has, offered or not.</summary>
    public ResourceSet Total { get; set; } = ResourceSet.Empty;

    /// <summary>Changes when the provider's resources change by themselves; operations decided on another are dropped.</summary>
    public required ByteString Version { get; set; }

    /// <summary>Of a built-in one; null when it is configured no longer.</summary>
    public StorageProviderConfig? Config { get; set; }

    /// <summary>Of a built-in one, configured or not: where its disks lie.</summary>
    public string PoolDirectory => StorageProviderConfig.DirectoryOf(Info);

    /// <summary>Of a subscribed one.</summary>
    public long? Stream { get; set; }

    /// <summary>A subscribed one has said what it has since it subscribed.</summary>
    public bool HasSpoken { get; set; }

    /// <summary>Its resources can be offered; otherwise only what is in use is told.</summary>
    public bool IsPresent => IsBuiltIn ? Config is not null : Stream is not null && HasSpoken;

    /// <summary>What the master was last told of one that is not present.</summary>
    public ResourceSet Told { get; set; } = ResourceSet.Empty;
}
