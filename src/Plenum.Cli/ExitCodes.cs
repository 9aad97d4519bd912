namespace Plenum.Cli;

/// <summary>
/// What the command line answers to a script. <c>task exec</c> answers with the exit code of the
/// command it ran, once that command has started.
/// </summary>
internal static class ExitCodes
{
    public const int Success = 0;

    /// <summary>The cluster refused the request, or answered with something that makes no sense.</summary>
    public const int Refused = 1;

    /// <summary>The words on the command line, or the file given, are wrong; nothing was sent.</summary>
    public const int Usage = 2;

    /// <summary>No app, task, node or deployment of that name.</summary>
    public const int NotFound = 3;

    /// <summary>The thing exists already, or a running deployment holds it.</summary>
    public const int Conflict = 4;

    /// <summary>No cluster answers at the address.</summary>
    public const int Unreachable = 5;

    /// <summary>The deployment was cancelled or failed.</summary>
    public const int DeploymentFailed = 6;

    /// <summary>The deployment goes on, but <c>--timeout</c> is over.</summary>
    public const int TimedOut = 7;

    /// <summary>Interrupted with Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;

    /// <summary>Added to a signal's number for a command that was killed, as shells count it.</summary>
    public const int SignalBase = 128;
}
