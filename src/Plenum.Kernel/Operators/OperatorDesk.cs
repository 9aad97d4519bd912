using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Operations;
using Plenum.Protocol.V1.Master;

namespace Plenum.Kernel.Operators;

/// <summary>Calls of the operator API that change the cluster, each to the part that decides it.</summary>
internal sealed class OperatorDesk(
    KernelContext context,
    WeightDesk weights,
    QuotaDesk quotas,
    MaintenanceDesk maintenance,
    AgentDrains drains,
    OperatorOperations operations)
{
    public void Apply(OperatorRequestId request, Call call) => context.Answer(request, Decide(call));

    private OperatorRefusal? Decide(Call call) => call.Type switch
    {
        Call.Types.Type.UpdateWeights => weights.Update(call.UpdateWeights.WeightInfos),
        Call.Types.Type.UpdateQuota => quotas.Update(call.UpdateQuota.QuotaConfigs, call.UpdateQuota.Force),
        Call.Types.Type.SetQuota => quotas.Set(call.SetQuota.QuotaRequest),
        Call.Types.Type.RemoveQuota => quotas.Remove(call.RemoveQuota.Role),
        Call.Types.Type.UpdateMaintenanceSchedule => maintenance.Update(call.UpdateMaintenanceSchedule.Schedule),
        Call.Types.Type.StartMaintenance => maintenance.Start(call.StartMaintenance.Machines),
        Call.Types.Type.StopMaintenance => maintenance.Stop(call.StopMaintenance.Machines),
        Call.Types.Type.DrainAgent => Drain(call.DrainAgent),
        Call.Types.Type.DeactivateAgent => drains.Deactivate(call.DeactivateAgent.AgentId),
        Call.Types.Type.ReactivateAgent => drains.Reactivate(call.ReactivateAgent.AgentId),
        Call.Types.Type.ReserveResources or Call.Types.Type.UnreserveResources
            or Call.Types.Type.CreateVolumes or Call.Types.Type.DestroyVolumes
            or Call.Types.Type.GrowVolume or Call.Types.Type.ShrinkVolume => operations.Perform(call),
        _ => OperatorRefusal.NotSupported($"Calls of type {call.Type} are not served by this master"),
    };

    private OperatorRefusal? Drain(Call.Types.DrainAgent call)
    {
        // Saturates: a grace period of centuries is one without end.
        long? grace = call.MaxGracePeriod is { } period
            ? (long)Math.Clamp((period.Seconds * 1e9) + period.Nanos, long.MinValue, long.MaxValue)
            : null;
        return drains.Drain(call.AgentId, grace, call.MarkGone);
    }
}
