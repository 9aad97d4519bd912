using System.Text;
using Plenum.Cli.Commands;

namespace Plenum.Cli.Tests.Harness;

/// <summary>One run of the program, and what came of it.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Error)
{
    public static async Task<CliRun> OfAsync(
        string marathon,
        string master,
        Stream input,
        FakeTerminal terminal,
        TimeProvider time,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string>? environment,
        CancellationToken cancellationToken)
    {
        await using var output = new MemoryStream();
        await using var error = new MemoryStream();
        await using var outputText = new StreamWriter(output) { AutoFlush = true };
        await using var errorText = new StreamWriter(error) { AutoFlush = true };
        var host = new CliHost
        {
            Input = input,
            Output = outputText,
            RawOutput = output,
            Error = errorText,
            RawError = error,
            Terminal = terminal,
            Environment = name => name switch
            {
                "PLENUM_MARATHON_URL" => marathon,
                "PLENUM_MASTER_URL" => master,
                "PLENUM_METRONOME_URL" => marathon.Replace("/marathon", "/metronome", StringComparison.Ordinal),
                _ => environment?.GetValueOrDefault(name),
            },
            Time = time,
        };
        var code = await CommandLine.RunAsync(arguments, host, cancellationToken);
        return new CliRun(code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }
}
