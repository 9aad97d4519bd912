using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using ReservationType = Plenum.Protocol.V1.Resource.Types.ReservationInfo.Types.Type;

namespace Plenum.Agent.Book.Providers;

/// <summary>
/// A storage pool of the agent's own, in Mesos' message for a local resource provider: type and name, the plugin
/// <c>plenum.pool</c> whose target_path_root is the pool's directory, and the attributes <c>megabytes</c> (its size)
/// and <c>profile</c> (what the pool is offered as; without it CREATE_DISK names a profile).
/// </summary>
public sealed record StorageProviderConfig
{
    /// <summary>Mesos' type of the providers that an agent runs itself.</summary>
    public const string LocalStorage = "org.apache.mesos.rp.local.storage";

    /// <summary>The one plugin there is.</summary>
    public const string PoolPlugin = "plenum.pool";

    /// <summary>As long as a file name may be, with room for its suffix.</summary>
    private const int MaximumName = 200;

    private StorageProviderConfig(ResourceProviderInfo info, string directory, double megabytes, string? profile)
    {
        Info = info;
        Directory = directory;
        Megabytes = megabytes;
        Profile = profile;
    }

    /// <summary>Without id: that is the agent's to give.</summary>
    public ResourceProviderInfo Info { get; }

    public string Directory { get; }

    public double Megabytes { get; }

    public string? Profile { get; }

    public string Type => Info.Type;

    public string Name => Info.Name;

    /// <summary>Null with the reason, which says what to write instead.</summary>
    public static StorageProviderConfig? TryRead(ResourceProviderInfo info, out string? problem)
    {
        ArgumentNullException.ThrowIfNull(info);
        problem = Problem(info);
        if (problem is not null)
        {
            return null;
        }

        var bare = info.Clone();
        bare.Id = null;
        return new StorageProviderConfig(
            bare,
            DirectoryOf(info),
            SizeOf(info)!.Value,
            info.Attributes.FirstOrDefault(static attribute => attribute is { Name: "profile" })?.Text.Value);
    }

    /// <summary>The pool's directory in its one spelling: "..", "//" and a "/" at the end would make two names of one disk.</summary>
    public static string DirectoryOf(ResourceProviderInfo info)
    {
        ArgumentNullException.ThrowIfNull(info);
        return Path.TrimEndingDirectorySeparator(Path.GetFullPath(info.Storage.Plugin.TargetPathRoot));
    }

    private static string? Problem(ResourceProviderInfo info) =>
        info.Type != LocalStorage ? $"The type '{info.Type}' is none that the agent runs itself; it has {LocalStorage}"
        : info.Id is not null ? "'id' must not be set: the agent gives it"
        : info.Name is not { Length: > 0 and <= MaximumName } || !info.Name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? "'name' must be letters, digits, '-', '_' and '.', 200 at most"
        : info.Storage is null ? "'storage' must be set"
        : info.Storage.Plugin.Type != PoolPlugin
            ? $"The plugin '{info.Storage.Plugin.Type}' is not there: this agent runs no CSI plugins. Use {PoolPlugin}, "
                + "or let the plugin's provider subscribe to /api/v1/resource_provider"
        : !Path.IsPathFullyQualified(info.Storage.Plugin.TargetPathRoot) || info.Storage.Plugin.TargetPathRoot.Contains('\0', StringComparison.Ordinal)
            ? "'storage.plugin.target_path_root' must be the absolute path of the pool's directory"
        : SizeOf(info) is not > 0 ? "The attribute 'megabytes' (SCALAR) must be the size of the pool"
        : info.Attributes.Any(static attribute => attribute is { Name: "profile", Text: null }) ? "The attribute 'profile' must be TEXT"
        : info.DefaultReservations.Any(static level => level.Type != ReservationType.Static)
            ? "'default_reservations' must be STATIC: dynamic ones are made with RESERVE"
        : ResourceSet.Validate([StoragePool.Raw("any", SizeOf(info)!.Value, null, info.DefaultReservations)]);

    private static double? SizeOf(ResourceProviderInfo info) =>
        info.Attributes.FirstOrDefault(static attribute => attribute is { Name: "megabytes", Scalar: not null })?.Scalar.Value;
}
