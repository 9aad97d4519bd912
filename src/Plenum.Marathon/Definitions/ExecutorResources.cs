namespace Plenum.Marathon.Definitions;

/// <summary>What an executor takes beside its tasks: that of an app with its own, and that of every pod.</summary>
internal sealed record ExecutorResources
{
    public const double DefaultCpus = 0.1;
    public const double DefaultMem = 32;
    public const double DefaultDisk = 10;

    public double Cpus { get; init; } = DefaultCpus;

    public double Mem { get; init; } = DefaultMem;

    public double Disk { get; init; } = DefaultDisk;

    public ResourceDemand Demand => new(Cpus, Mem, Disk, 0);
}
