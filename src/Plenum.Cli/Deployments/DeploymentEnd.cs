namespace Plenum.Cli.Deployments;

internal enum DeploymentResult
{
    Succeeded,

    /// <summary>Failed, or cancelled by another deployment or a person.</summary>
    Failed,

    /// <summary>It is not running any more, and nobody was listening when it ended.</summary>
    Over,

    /// <summary>It stands still until somebody says more.</summary>
    Waits,

    /// <summary>It goes on, but the time to wait for it is over.</summary>
    TimedOut,
}

internal sealed record DeploymentEnd(DeploymentResult Result, string? Reason = null);
