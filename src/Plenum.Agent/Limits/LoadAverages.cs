using System.Globalization;

namespace Plenum.Agent.Limits;

/// <summary>How many threads ran or waited for a processor, averaged by the kernel.</summary>
public sealed record LoadAverages(double FiveMinutes, double FifteenMinutes)
{
    private const string File = "/proc/loadavg";

    /// <exception cref="IOException">The machine does not tell.</exception>
    public static LoadAverages Read() => Parse(System.IO.File.ReadAllText(File));

    /// <summary>Reads a line such as "0.42 0.30 0.25 1/345 6789": one, five and fifteen minutes.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static LoadAverages Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return line.Split(' ') is [_, var five, var fifteen, ..]
            && double.TryParse(five, CultureInfo.InvariantCulture, out var medium)
            && double.TryParse(fifteen, CultureInfo.InvariantCulture, out var slow)
                ? new LoadAverages(medium, slow)
                : throw new IOException($"{File} has no load averages: '{line.Trim()}'");
    }
}
