using System.Globalization;

namespace Plenum.Agent.Host;

/// <summary>The TCP sockets of the machine's own network that wait for connections, and whose they are.</summary>
internal static class ListeningSockets
{
    private const string Listening = "0A";
    private const string SocketPrefix = "socket:[";

    private static readonly string[] Tables = ["/proc/net/tcp", "/proc/net/tcp6"];

    /// <summary>Port and socket number of each: "sl local_address rem_address st ... uid timeout inode".</summary>
    public static IEnumerable<(int Port, string Inode)> All()
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

    /// <summary>Numbers of the sockets that a process has; none when it has ended, or is somebody else's.</summary>
    /// <param name="process">Its directory below /proc.</param>
    public static IReadOnlyList<string> OfProcess(string process)
    {
        try
        {
            return
            [
                .. Directory.EnumerateFiles(Path.Join(process, "fd"))
                    .Select(static file => new FileInfo(file).LinkTarget)
                    .OfType<string>()
                    .Where(static target => target.StartsWith(SocketPrefix, StringComparison.Ordinal))
                    .Select(static target => target[SocketPrefix.Length..^1]),
            ];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
