using Plenum.Cli.Terminal;

namespace Plenum.Cli;

/// <summary>What the command line has of the process around it, so that tests can be that process.</summary>
internal sealed record CliHost
{
    public required Stream Input { get; init; }

    public required TextWriter Output { get; init; }

    /// <summary>The same stream as <see cref="Output"/>, for what a task writes: bytes, not text.</summary>
    public required Stream RawOutput { get; init; }

    public required TextWriter Error { get; init; }

    public required Stream RawError { get; init; }

    public required ITerminal Terminal { get; init; }

    public required Func<string, string?> Environment { get; init; }

    public required TimeProvider Time { get; init; }

    public static CliHost OfThisProcess()
    {
        var output = new DescriptorStream(1);
        var error = new DescriptorStream(2);
        return new CliHost
        {
            Input = new DescriptorStream(0),
            Output = new StreamWriter(output) { AutoFlush = true },
            RawOutput = output,
            Error = new StreamWriter(error) { AutoFlush = true },
            RawError = error,
            Terminal = new ProcessTerminal(),
            Environment = System.Environment.GetEnvironmentVariable,
            Time = TimeProvider.System,
        };
    }
}
