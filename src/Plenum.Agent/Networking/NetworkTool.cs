using System.Diagnostics;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Networking;

/// <summary>Runs ip and iptables, whose output is a few lines.</summary>
internal static class NetworkTool
{
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["ip"] = "iproute2",
        ["ip6tables"] = "iptables",
    };

    public static bool IsInstalled(string program) => HostPrograms.TryFind(program) is not null;

    /// <exception cref="NetworkException">The program is not installed.</exception>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var path = HostPrograms.TryFind(program)
            ?? throw new NetworkException(
                $"{program} is not installed on this machine (apt-get install {Packages.GetValueOrDefault(program, program)})");
        var start = new ProcessStartInfo(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        OrphanedHelpers.Mark(start);
        using var process = Process.Start(start)!;
        // A process leaves streams that were asked for to the garbage collector, which may not come for hours.
        using var standardOutput = process.StandardOutput;
        using var standardError = process.StandardError;
        process.StandardInput.Close();
        try
        {
            var output = standardOutput.ReadToEndAsync(cancellationToken);
            var error = await standardError.ReadToEndAsync(cancellationToken);
            var said = await output;
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, said, error.Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
