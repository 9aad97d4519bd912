using System.Text.Json;
using Plenum.Agent.Book.Providers;

namespace Plenum.Agent.Providers;

/// <summary>
/// The file of disk profiles, in the form of Mesos' profile adaptor for URIs: <c>profile_matrix</c> from the name to a
/// selector of providers and the volume's capabilities (mount with fs_type, or block).
/// </summary>
internal static class DiskProfiles
{
    /// <summary>Profiles of one agent; DC/OS clusters had a handful.</summary>
    private const int MaxProfiles = 256;

    private const int MaxBytes = 1024 * 1024;

    /// <exception cref="AgentStartException">The file cannot be used; the message names the place.</exception>
    public static IReadOnlyList<DiskProfile> Read(string? file)
    {
        if (file is null)
        {
            return [];
        }

        try
        {
            return new FileInfo(file).Length <= MaxBytes
                ? Parse(File.ReadAllBytes(file))
                : throw new FormatException($"it is larger than {MaxBytes} bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or FormatException or InvalidOperationException)
        {
            throw new AgentStartException($"The disk profiles in {file} cannot be read: {exception.Message}", exception);
        }
    }

    internal static IReadOnlyList<DiskProfile> Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (!document.RootElement.TryGetProperty("profile_matrix", out var matrix))
        {
            throw new FormatException("'profile_matrix' is missing");
        }

        var profiles = matrix.EnumerateObject().Select(Read).OfType<DiskProfile>().ToList();
        return profiles.Count <= MaxProfiles ? profiles : throw new FormatException($"there are more than {MaxProfiles} profiles");
    }

    // Null: it is for a plugin that this agent does not have, as a matrix that a whole cluster shares may say.
    private static DiskProfile? Read(JsonProperty profile)
    {
        var kind = KindOf(profile);
        if (profile.Value.TryGetProperty("csi_plugin_type_selector", out var plugin))
        {
            return plugin.GetProperty("plugin_type").GetString() == StorageProviderConfig.PoolPlugin
                ? new DiskProfile(profile.Name, kind, Providers: null)
                : null;
        }

        return profile.Value.TryGetProperty("resource_provider_selector", out var selector)
            ? new DiskProfile(
                profile.Name,
                kind,
                [.. selector.GetProperty("resource_providers").EnumerateArray().Select(static provider =>
                    (provider.GetProperty("type").GetString() ?? "", provider.GetProperty("name").GetString() ?? ""))])
            : throw new FormatException($"the profile '{profile.Name}' needs resource_provider_selector or csi_plugin_type_selector");
    }

    private static DiskKind KindOf(JsonProperty profile)
    {
        var capabilities = profile.Value.TryGetProperty("volume_capabilities", out var given)
            ? given
            : throw new FormatException($"the profile '{profile.Name}' needs volume_capabilities");
        if (profile.Value.TryGetProperty("create_parameters", out var parameters) && parameters.EnumerateObject().Any())
        {
            throw new FormatException($"the profile '{profile.Name}' has create_parameters, and a pool of this agent takes none");
        }

        if (capabilities.TryGetProperty("block", out _))
        {
            return DiskKind.Block;
        }

        if (!capabilities.TryGetProperty("mount", out var mount))
        {
            throw new FormatException($"the profile '{profile.Name}' needs 'mount' or 'block' in its volume_capabilities");
        }

        if (mount.TryGetProperty("mount_flags", out var flags) && flags.GetArrayLength() > 0)
        {
            throw new FormatException($"the profile '{profile.Name}' has mount_flags, which this agent does not take");
        }

        return (mount.TryGetProperty("fs_type", out var type) ? type.GetString() : null) switch
        {
            null or "" or "ext4" => DiskKind.Ext4,
            "xfs" => DiskKind.Xfs,
            var other => throw new FormatException($"the profile '{profile.Name}' wants {other}; this agent makes ext4 and xfs"),
        };
    }
}
