using System.Globalization;
using Plenum.Agent.Native;
using Plenum.Protocol.V1;
using Environment = System.Environment;

namespace Plenum.Agent.Containers;

/// <summary>What is known of plain processes: the members of a session, found in /proc.</summary>
internal static class ProcessGroupStatistics
{
    private const int ResidentPages = 1;

    public static ResourceStatistics Read(int session, DateTimeOffset now)
    {
        var members = Members(session);
        return new ResourceStatistics
        {
            Timestamp = now.ToUnixTimeMilliseconds() / 1000.0,
            Processes = (uint)members.Count,
            MemRssBytes = (ulong)members.Sum(static pid => ResidentBytes(pid)),
        };
    }

    /// <summary>
    /// Kills every member of a session. Its leader's number cannot be in use by somebody else while a member lives,
    /// and with no member left nothing is found.
    /// </summary>
    public static void KillSession(int session)
    {
        foreach (var pid in Members(session))
        {
            LibC.Kill(pid, LibC.SignalKill);
        }
    }

    public static List<int> Members(int session)
    {
        var members = new List<int>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid)
                && ProcessStatus.TryRead(pid)?.Session == session)
            {
                members.Add(pid);
            }
        }
        return members;
    }

    private static long ResidentBytes(int pid)
    {
        try
        {
            var fields = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/statm").Split(' ');
            return long.Parse(fields[ResidentPages], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
