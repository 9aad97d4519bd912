using System.Reflection;
using Plenum.Protocol.V1;

namespace Plenum.Http.Diagnostics;

/// <summary>What a role says of its version: the API's in <c>version</c>, Plenum's own in <c>git_tag</c>.</summary>
public static class ProgramVersion
{
    /// <summary>
    /// The Mesos version whose API is spoken. pymesos crashes on anything but numbers and dots and turns features
    /// on by comparing it; masters refuse agents that say less than 1.0.0 (mesos.md 10).
    /// </summary>
    public const string Api = "1.11.0";

    public static VersionInfo Of(Assembly program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var product = program.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
        var plus = product.IndexOf('+', StringComparison.Ordinal);
        var location = program.Location;
        var built = location.Length > 0 ? new DateTimeOffset(File.GetLastWriteTimeUtc(location)) : DateTimeOffset.UnixEpoch;
        return new VersionInfo
        {
            Version = Api,
            BuildDate = $"{built:yyyy-MM-dd HH:mm:ss}",
            BuildTime = built.ToUnixTimeSeconds(),
            BuildUser = "plenum",
            GitSha = plus < 0 ? "" : product[(plus + 1)..],
            GitBranch = "",
            GitTag = $"plenum-{(plus < 0 ? product : product[..plus])}",
        };
    }
}
