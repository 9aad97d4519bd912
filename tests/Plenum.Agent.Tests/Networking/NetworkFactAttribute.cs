using Plenum.Agent.Containers;

namespace Plenum.Agent.Tests.Networking;

/// <summary>A test that needs container networks: root, conmon, crun, CNI plugins, iptables and ip.</summary>
internal sealed class NetworkFactAttribute : FactAttribute
{
    public NetworkFactAttribute() => Skip = Missing()!;

    /// <summary>What this machine lacks; null: nothing.</summary>
    public static string? Missing() =>
        !Environment.IsPrivilegedProcess ? "needs root: it makes network namespaces"
        : !File.Exists("/usr/lib/cni/portmap") ? "needs containernetworking-plugins, which is not installed"
        : ((string[])["conmon", "crun", "iptables", "ip", "busybox"]).FirstOrDefault(static p => HostPrograms.TryFind(p) is null) is { } missing
            ? $"needs {missing}, which is not installed"
            : null;
}
