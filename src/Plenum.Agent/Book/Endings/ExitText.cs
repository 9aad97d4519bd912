using System.Globalization;

namespace Plenum.Agent.Book.Endings;

/// <summary>Wait status words in the words of Mesos' executors, which people and tools search for.</summary>
public static class ExitText
{
    public static string Of(int status)
    {
        var signal = status & 0x7f;
        if (signal == 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"Command exited with status {(status >> 8) & 0xff}");
        }

        var core = (status & 0x80) != 0 ? " (core dumped)" : "";
        return $"Command terminated with signal {NameOf(signal)}{core}";
    }

    // strsignal(3)'s names on Linux, as far as a task can meet them.
    private static string NameOf(int signal) => signal switch
    {
        1 => "Hangup",
        2 => "Interrupt",
        3 => "Quit",
        4 => "Illegal instruction",
        5 => "Trace/breakpoint trap",
        6 => "Aborted",
        7 => "Bus error",
        8 => "Floating point exception",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        13 => "Broken pipe",
        14 => "Alarm clock",
        15 => "Terminated",
        24 => "CPU time limit exceeded",
        25 => "File size limit exceeded",
        31 => "Bad system call",
        _ => string.Create(CultureInfo.InvariantCulture, $"{signal}"),
    };
}
