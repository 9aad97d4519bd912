using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>
/// Refuses a task on the machine's network whose own port another process listens on: it would start, fail to listen,
/// and its owner would have to guess. TCP only; a UDP socket may be anybody's answer under way.
/// </summary>
internal static class PortGuard
{
    private const string Listening = "0A";

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

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

        foreach (var (port, inode) in Listeners())
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

    /// <summary>Port and socket number of everything that listens: "sl local_address rem_address st ... uid timeout inode".</summary>
    private static IEnumerable<(int Port, string Inode)> Listeners()
    {
        foreach (var line in Tables.Where(File.Exists).SelectMany(static table => File.ReadLines(table).Skip(1)))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > 9
                && fields[3] == Listening
                && int.TryParse(fields[1].AsSpan(fields[1].LastIndexOf(':') + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var port))
            {
                yield return (port, fields[9]);
            }
        }
    }

    private static string OwnerOf(string inode)
    {
        var socket = $"socket:[{inode}]";
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            try
            {
                if (Directory.EnumerateFiles(Path.Join(process, "fd")).Any(file => new System.IO.FileInfo(file).LinkTarget == socket))
                {
                    return $"process {Path.GetFileName(process)} ({File.ReadAllText(Path.Join(process, "comm")).Trim()})";
                }
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is somebody else's: then its name stays unknown.
                continue;
            }
        }

        return "a process that this agent may not see";
    }
}
