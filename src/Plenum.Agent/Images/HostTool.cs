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
        using var process = StartProcess(program, arguments);

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

    /// <summary>Starts a program that is fed and read by its caller; the result must be disposed, which kills it.</summary>
    /// <exception cref="FileNotFoundException">The program is not installed.</exception>
    /// <exception cref="IOException">The machine cannot start it now.</exception>
    public static Running Start(string program, IEnumerable<string> arguments) => new(StartProcess(program, arguments));

    private static Process StartProcess(string program, IEnumerable<string> arguments)
    {
        var path = HostPrograms.TryFind(program)
            ?? throw new FileNotFoundException($"{program} is not installed on this machine (apt-get install {program})");
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(path, arguments)
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
                RedirectStandardInput = true,
            },
        };
        OrphanedHelpers.Mark(process.StartInfo);
        try
        {
            process.Start();
            return process;
        }
        catch (Win32Exception failure)
        {
            // The machine has no process or descriptor left, or may not run the file: what its callers expect of I/O.
            process.Dispose();
            throw new IOException($"{program} could not be started: {failure.Message}", failure);
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

    /// <summary>A program under way.</summary>
    internal sealed class Running(Process process) : IAsyncDisposable
    {
        private readonly Task<string> _message = ReadEndAsync(process.StandardError, static _ => { }, CancellationToken.None);

        /// <summary>Its process.</summary>
        public int Id => process.Id;

        public Stream Input => process.StandardInput.BaseStream;

        public Stream Output => process.StandardOutput.BaseStream;

        /// <summary>It has got all that it gets.</summary>
        public void CloseInput() => process.StandardInput.Close();

        /// <summary>Its exit code, and the end of what it wrote to stderr.</summary>
        public async Task<(int ExitCode, string Message)> EndAsync(CancellationToken cancellationToken)
        {
            await process.WaitForExitAsync(cancellationToken);
            return (process.ExitCode, await _message.WaitAsync(cancellationToken));
        }

        public async ValueTask DisposeAsync()
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            process.StandardInput.Dispose();
            process.StandardOutput.Dispose();
            process.StandardError.Dispose();
            process.Dispose();
        }
    }
}
