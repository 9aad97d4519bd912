using System.ComponentModel;
using System.Diagnostics;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Images;

/// <summary>Runs a program of the machine to its end and keeps what it said.</summary>
internal static class HostTool
{
    /// <summary>Of a tool's messages the last part names the cause.</summary>
    private const int MaxMessage = 4096;

    /// <summary>Exit code and the end of what it wrote to stderr. Cancelling kills it.</summary>
    /// <exception cref="FileNotFoundException">The program is not installed.</exception>
    public static async Task<(int ExitCode, string Message)> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var (exitCode, _, message) = await RunForOutputAsync(program, arguments, static _ => { }, cancellationToken);
        return (exitCode, message);
    }

    /// <summary>As above, with the end of what it wrote to stdout.</summary>
    /// <exception cref="FileNotFoundException">The program is not installed.</exception>
    public static Task<(int ExitCode, string Output, string Message)> RunForOutputAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken) =>
        RunForOutputAsync(program, arguments, static _ => { }, cancellationToken);

    /// <summary>As above, and each line of stdout is told as it comes.</summary>
    /// <exception cref="FileNotFoundException">The program is not installed.</exception>
    /// <exception cref="IOException">The machine cannot start it now.</exception>
    public static async Task<(int ExitCode, string Output, string Message)> RunForOutputAsync(
        string program, IEnumerable<string> arguments, Action<string> onOutput, CancellationToken cancellationToken)
    {
        var path = HostPrograms.TryFind(program)
            ?? throw new FileNotFoundException($"{program} is not installed on this machine (apt-get install {program})");
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(path, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            },
        };
        try
        {
            process.Start();
        }
        catch (Win32Exception failure)
        {
            // The machine has no process or descriptor left, or may not run the file: what its callers expect of I/O.
            throw new IOException($"{program} could not be started: {failure.Message}", failure);
        }

        // A process leaves streams that were asked for to the garbage collector, which may not come for hours.
        using var standardOutput = process.StandardOutput;
        using var standardError = process.StandardError;
        process.StandardInput.Close();
        try
        {
            var output = ReadEndAsync(standardOutput, onOutput, cancellationToken);
            var error = await ReadEndAsync(standardError, static _ => { }, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await output, error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static async Task<string> ReadEndAsync(StreamReader reader, Action<string> onLine, CancellationToken cancellationToken)
    {
        var text = "";
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            onLine(line);
            text = $"{text}{line}\n";
            text = text.Length > MaxMessage ? text[^MaxMessage..] : text;
        }
        return text.Trim();
    }
}
