using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Plenum.Agent.Containers;
using Plenum.Agent.Native;

namespace Plenum.Agent.Networking;

/// <summary>Runs ip and iptables, whose output is a few lines.</summary>
internal static class NetworkTool
{
    private static readonly Dictionary<string, string> Packages = new(StringComparer.Ordinal)
    {
        ["ip"] = "iproute2",
        ["ip6tables"] = "iptables",
    };

    /// <summary>
    /// They take milliseconds. iptables waits for whoever holds the firewall's lock, and would wait for ever for one that hangs.
    /// </summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static bool IsInstalled(string program) => HostPrograms.TryFind(program) is not null;

    /// <exception cref="NetworkException">The program is not installed, cannot be run or does not end.</exception>
    public static Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        RunAsync(program, arguments, Patience, cancellationToken);

    /// <summary>As above, within another time.</summary>
    /// <exception cref="NetworkException">The program is not installed, cannot be run or does not end.</exception>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan patience, CancellationToken cancellationToken)
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
        using var late = new CancellationTokenSource(patience);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        using var process = Start(start);
        // A process leaves streams that were asked for to the garbage collector, which may not come for hours.
        using var standardOutput = process.StandardOutput;
        using var standardError = process.StandardError;
        process.StandardInput.Close();
        try
        {
            var output = standardOutput.ReadToEndAsync(either.Token);
            var error = await standardError.ReadToEndAsync(either.Token);
            var said = await output;
            await process.WaitForExitAsync(either.Token);
            return (process.ExitCode, said, error.Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw new NetworkException(string.Create(
                CultureInfo.InvariantCulture,
                $"{program} {string.Join(' ', start.ArgumentList)} did not end within {patience.TotalSeconds} s; see who holds the firewall's lock: fuser -v /run/xtables.lock"));
        }
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception failure)
        {
            throw new NetworkException($"{start.FileName} cannot be run: {LibC.Describe(failure.NativeErrorCode)}", failure);
        }
    }
}
