using Plenum.Protocol.V1;
using Kind = Plenum.Protocol.V1.FrameworkInfo.Types.Capability.Types.Type;

namespace Plenum.Kernel.Frameworks;

/// <summary>What a framework says it understands.</summary>
internal readonly record struct FrameworkCapabilities(
    bool RevocableResources,
    bool TaskKillingState,
    bool GpuResources,
    bool SharedResources,
    bool PartitionAware,
    bool MultiRole,
    bool ReservationRefinement,
    bool RegionAware)
{
    public static FrameworkCapabilities Of(FrameworkInfo info) => new(
        Has(info, Kind.RevocableResources),
        Has(info, Kind.TaskKillingState),
        Has(info, Kind.GpuResources),
        Has(info, Kind.SharedResources),
        Has(info, Kind.PartitionAware),
        Has(info, Kind.MultiRole),
        Has(info, Kind.ReservationRefinement),
        Has(info, Kind.RegionAware));

    private static bool Has(FrameworkInfo info, Kind kind)
    {
        foreach (var capability in info.Capabilities)
        {
            if (capability.Type == kind)
            {
                return true;
            }
        }

        return false;
    }
}
