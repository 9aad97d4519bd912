using System.Globalization;

namespace Plenum.Agent.Containers;

/// <summary>What /proc tells about one process.</summary>
internal sealed record ProcessStatus(int Pid, char State, int Parent, int Session, uint Flags, long StartTicks)
{
    // Positions in /proc/PID/stat, counted from after the closing parenthesis of the name (proc(5): field 3 on).
    private const int StateField = 0;
    private const int ParentField = 1;
    private const int SessionField = 3;
    private const int FlagsField = 6;
    private const int StartField = 19;

    /// <summary>PF_FORKNOEXEC of the kernel's include/linux/sched.h.</summary>
    private const uint ForkedWithoutExec = 0x40;

    /// <summary>It was forked and has not become a program of its own since: it still is what its parent is.</summary>
    public bool IsBareFork => (Flags & ForkedWithoutExec) != 0;

    /// <summary>Only its exit status is left of it.</summary>
    public bool HasEnded => State is 'Z' or 'X';

    public static ProcessStatus? TryRead(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            // The name may hold spaces and parentheses; the last one closes it.
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            return new ProcessStatus(
                pid,
                fields[StateField][0],
                int.Parse(fields[ParentField], CultureInfo.InvariantCulture),
                int.Parse(fields[SessionField], CultureInfo.InvariantCulture),
                uint.Parse(fields[FlagsField], CultureInfo.InvariantCulture),
                long.Parse(fields[StartField], CultureInfo.InvariantCulture));
        }
        catch (IOException)
        {
            // No such process, or it ended while it was read.
            return null;
        }
    }

    /// <summary>What a process would do with a signal: run a handler, nothing, or the default (mostly: end).</summary>
    public static SignalDisposition DispositionOf(int pid, int signal)
    {
        ulong caught = 0;
        ulong ignored = 0;
        try
        {
            foreach (var line in File.ReadLines($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/status"))
            {
                if (line.StartsWith("SigCgt:", StringComparison.Ordinal))
                {
                    caught = Convert.ToUInt64(line[7..].Trim(), 16);
                }
                else if (line.StartsWith("SigIgn:", StringComparison.Ordinal))
                {
                    ignored = Convert.ToUInt64(line[7..].Trim(), 16);
                }
            }
        }
        catch (IOException)
        {
            return SignalDisposition.Default;
        }
        var bit = 1UL << (signal - 1);
        return (caught & bit) != 0 ? SignalDisposition.Caught
            : (ignored & bit) != 0 ? SignalDisposition.Ignored
            : SignalDisposition.Default;
    }
}
