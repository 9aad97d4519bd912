using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>One thing that instances of a service lack, and on how many agents by the latest offer of each.</summary>
/// <param name="Rule">The constraint or rule of placement; its text is for people.</param>
/// <param name="Offered">The most that one of these agents offered of the resource.</param>
internal sealed record UnmetNeed(RejectReason Reason, object? Rule, int Agents, double Offered)
{
    /// <summary>What one instance asks for of the resource; null where the reason is no amount.</summary>
    public double? NeededBy(RunSpec spec) => Reason switch
    {
        RejectReason.InsufficientCpus => spec.Demand.Cpus,
        RejectReason.InsufficientMemory => spec.Demand.Mem,
        RejectReason.InsufficientDisk => spec.Demand.Disk + spec.PersistentVolumes.Sum(volume => (double)volume.SizeMegabytes),
        RejectReason.InsufficientGpus => spec.Demand.Gpus,
        _ => null,
    };

    /// <summary>The same thing lacks, on however many agents.</summary>
    public bool IsSameAs(UnmetNeed other) => Reason == other.Reason && Equals(Rule, other.Rule);
}
