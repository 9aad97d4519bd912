namespace Plenum.Agent.Native;

/// <summary>One change of a mount namespace before a process starts in it.</summary>
/// <param name="Purpose">For the error text.</param>
/// <param name="Target">The mount point, or the directory to enter.</param>
internal sealed record MountStep(MountStepKind Kind, string Purpose, string Target)
{
    public string? Source { get; init; }

    public string? Type { get; init; }

    public string? Data { get; init; }

    /// <summary>A tree of <see cref="MountTree"/> to attach, which its owner keeps open until the step is done.</summary>
    public OwnedFd? Tree { get; init; }
}
