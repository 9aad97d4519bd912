namespace Plenum.Marathon.Definitions;

/// <summary>What the executor of a custom executor app takes beside its task.</summary>
internal sealed record ExecutorResources
{
    public const double DefaultCpus = 0.1;
    public const double DefaultMem = 32;
    public const double DefaultDisk = 10;

    public double Cpus { get; init; } = DefaultCpus;

    public double Mem { get; init; } = DefaultMem;

    public double Disk { get; init; } = DefaultDisk;
}
