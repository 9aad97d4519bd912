namespace Plenum.Agent.Containers;

/// <summary>What an earlier agent process left on this machine.</summary>
/// <param name="Key">Its identity.</param>
/// <param name="SandboxDirectory">Its sandbox, null when its record cannot be read.</param>
/// <param name="Start">How it runs; null when it does not run any more.</param>
/// <param name="Exit">How it ended; null while it runs.</param>
/// <param name="Quarantined">
/// Why its record cannot be trusted: it was killed, and its files were put aside under this sentence; null
/// for a sound one.
/// </param>
internal sealed record RecoveredContainer(
    ContainerKey Key,
    string? SandboxDirectory,
    ContainerStart? Start,
    ContainerExit? Exit,
    string? Quarantined = null)
{
    /// <summary>GPUs that it has until it is destroyed.</summary>
    public IReadOnlyList<string> GraphicsDevices { get; init; } = [];

    /// <summary>Asked for by a call of the operator API.</summary>
    public bool IsCalled { get; init; }

    /// <summary>Who runs in a called one, as the launch named him.</summary>
    public string? User { get; init; }
}
