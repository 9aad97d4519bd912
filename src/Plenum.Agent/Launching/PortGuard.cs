using Plenum.Agent.Containers;
using Plenum.Agent.Host;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>
/// Refuses a task on the machine's network whose own port another process listens on: it would start, fail to listen,
/// and its owner would have to guess. TCP only; a UDP socket may be anybody's answer under way.
/// </summary>
internal static class PortGuard
{
    /// <exception cref="ContainerLaunchException">A port is taken; the message says by whom where that can be known.</exception>
    public static void Check(ContainerSpec spec, IReadOnlyList<Resource> resources, ContainerNetwork? parent)
    {
        if (spec.Network is not null || parent is not null || spec.HoldsPod)
        {
            return;
        }

        var own = ResourceSet.FromWire(resources).Ports;
        if (own.IsEmpty)
        {
            return;
        }

        foreach (var (port, inode) in ListeningSockets.All())
        {
            if (own.Contains((ulong)port))
            {
                throw new ContainerLaunchException(
                    $"The host port {port}, which the task owns, is taken: {OwnerOf(inode)} listens on it. Stop that, or take the port "
                    + "out of the agent's resources (--resources)",
                    ContainerLaunchFailure.Launch);
            }
        }
    }

    private static string OwnerOf(string inode)
    {
        var process = Directory.EnumerateDirectories("/proc")
            .Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0]))
            .FirstOrDefault(path => ListeningSockets.OfProcess(path).Contains(inode));
        return process is null ? "a process that this agent may not see" : $"process {Path.GetFileName(process)} ({NameOf(process)})";
    }

    private static string NameOf(string process)
    {
        try
        {
            return File.ReadAllText(Path.Join(process, "comm")).Trim();
        }
        catch (IOException)
        {
            return "which has just ended";
        }
    }
}
