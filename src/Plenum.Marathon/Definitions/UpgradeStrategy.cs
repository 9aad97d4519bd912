namespace Plenum.Marathon.Definitions;

internal sealed record UpgradeStrategy(double MinimumHealthCapacity, double MaximumOverCapacity)
{
    /// <summary>Ten minutes: Nomad's <c>progress_deadline</c>, which users of automatic rollbacks know.</summary>
    public const int DefaultProgressDeadlineSeconds = 600;

    public static readonly UpgradeStrategy Default = new(1, 1);

    /// <summary>A volume that only one instance may hold leaves no room above the wanted count.</summary>
    public static readonly UpgradeStrategy Resident = new(0.5, 0);

    /// <summary>What runs on every agent often has a port of its own there: the old one ends before the new one starts.</summary>
    public static readonly UpgradeStrategy Daemon = new(0.5, 0);

    public static readonly UpgradeStrategy SingleInstance = new(0, 0);

    /// <summary>Ours, Marathon waits for ever: an update that makes no progress goes back to what was before it.</summary>
    public bool AutoRevert { get; init; }

    /// <summary>Ours: the halts of an update, in order of their growing counts; empty for an update without one.</summary>
    public ValueList<CanaryStep> Canary { get; init; } = [];

    /// <summary>The longest time that may pass from one new instance that is ready to the next.</summary>
    public int ProgressDeadlineSeconds { get; init; } = DefaultProgressDeadlineSeconds;
}
