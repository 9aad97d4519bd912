namespace Plenum.Marathon.Definitions;

/// <summary>When a task that cannot be reached is replaced, and when it is forgotten; or never ("disabled").</summary>
internal sealed record UnreachableStrategy
{
    /// <summary>Immediate replacement, Marathon's default since 1.5.</summary>
    public static readonly UnreachableStrategy Default = new() { InactiveAfterSeconds = 0, ExpungeAfterSeconds = 0 };

    public static readonly UnreachableStrategy Disabled = new() { IsDisabled = true };

    public int InactiveAfterSeconds { get; init; }

    public int ExpungeAfterSeconds { get; init; }

    public bool IsDisabled { get; init; }
}
