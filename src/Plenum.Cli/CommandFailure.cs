namespace Plenum.Cli;

/// <summary>Ends a command: what happened, what to do next, and the exit code. Caught once, in the base command.</summary>
internal sealed class CommandFailure(int exitCode, string message, string? advice = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    public string? Advice { get; } = advice;
}
