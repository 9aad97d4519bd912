using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Plenum.Agent.Host;

/// <summary>Whether a port of the machine is free, and who has it when it is not.</summary>
internal static class HostPorts
{
    private const string Listening = "0A";

    /// <summary>Null: nobody listens there. Otherwise a phrase for the user.</summary>
    public static string? Occupant(int port, bool udp)
    {
        if (IsFree(port, udp, IPAddress.Any) && IsFree(port, udp, IPAddress.IPv6Any))
        {
            return null;
        }

        return ProcessAt(port, udp) is { } process ? process : "another process of this machine";
    }

    private static bool IsFree(int port, bool udp, IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !Socket.OSSupportsIPv6)
        {
            return true;
        }

        using var socket = new Socket(address.AddressFamily, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        if (address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }

        try
        {
            socket.Bind(new IPEndPoint(address, port));
            return true;
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }

    private static string? ProcessAt(int port, bool udp)
    {
        string[] tables = udp ? ["/proc/net/udp", "/proc/net/udp6"] : ["/proc/net/tcp", "/proc/net/tcp6"];
        // sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode: the port is hexadecimal.
        var ending = string.Create(CultureInfo.InvariantCulture, $":{port:X4}");
        var inodes = tables.Where(File.Exists)
            .SelectMany(static table => File.ReadLines(table).Skip(1))
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 9 && fields[1].EndsWith(ending, StringComparison.Ordinal) && (udp || fields[3] == Listening))
            .Select(static fields => $"socket:[{fields[9]}]")
            .ToHashSet(StringComparer.Ordinal);
        return inodes.Count == 0
            ? null
            : Directory.EnumerateDirectories("/proc")
                .Where(static directory => char.IsAsciiDigit(Path.GetFileName(directory)[0]))
                .Where(directory => Holds(directory, inodes))
                .Select(static directory => $"{NameOf(directory)} (process {Path.GetFileName(directory)})")
                .FirstOrDefault();
    }

    private static bool Holds(string directory, HashSet<string> inodes)
    {
        try
        {
            return new DirectoryInfo(Path.Join(directory, "fd")).EnumerateFileSystemInfos()
                .Any(descriptor => descriptor.LinkTarget is { } target && inodes.Contains(target));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It ended meanwhile, or it is another user's.
            return false;
        }
    }

    private static string NameOf(string directory)
    {
        try
        {
            return File.ReadAllText(Path.Join(directory, "comm")).Trim();
        }
        catch (IOException)
        {
            return "a process";
        }
    }
}
