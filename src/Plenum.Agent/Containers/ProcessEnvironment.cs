using System.Globalization;
using System.Text;

namespace Plenum.Agent.Containers;

/// <summary>What the processes of the machine were started with. Only what they were given counts: what they set later is not seen.</summary>
internal static class ProcessEnvironment
{
    /// <summary>All but this one.</summary>
    public static IEnumerable<int> Pids()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid) && pid != Environment.ProcessId)
            {
                yield return pid;
            }
        }
    }

    /// <summary>Null: it does not have the variable, or has ended.</summary>
    public static byte[]? ValueOf(int pid, string variable)
    {
        ReadOnlySpan<byte> all = Read(pid);
        var name = Encoding.UTF8.GetBytes($"{variable}=");
        foreach (var range in all.Split((byte)0))
        {
            if (all[range].StartsWith(name))
            {
                return all[range][name.Length..].ToArray();
            }
        }
        return null;
    }

    private static byte[] Read(int pid)
    {
        try
        {
            return File.ReadAllBytes($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/environ");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has just ended, or is another user's.
            return [];
        }
    }
}
