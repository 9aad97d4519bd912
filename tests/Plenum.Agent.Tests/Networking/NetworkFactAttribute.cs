using Plenum.Agent.Containers;

namespace Plenum.Agent.Tests.Networking;

/// <summary>A test that needs container networks: root, conmon, crun, CNI plugins, iptables and ip.</summary>
internal sealed class NetworkFactAttribute : FactAttribute
{
    public NetworkFactAttribute()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Skip = "needs root: it makes network namespaces";
        }
        else if (!File.Exists("/usr/lib/cni/portmap"))
        {
            Skip = "needs containernetworking-plugins, which is not installed";
        }
        else if (((string[])["conmon", "crun", "iptables", "ip", "busybox"]).FirstOrDefault(static p => HostPrograms.TryFind(p) is null) is { } missing)
        {
            Skip = $"needs {missing}, which is not installed";
        }
    }
}
