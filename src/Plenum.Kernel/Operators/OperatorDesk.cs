using Plenum.Kernel.Allocation;
using Plenum.Kernel.Commands;
using Plenum.Protocol.V1.Master;

namespace Plenum.Kernel.Operators;

/// <summary>Calls of the operator API that change the cluster, each to the part that decides it.</summary>
internal sealed class OperatorDesk(KernelContext context, WeightDesk weights, QuotaDesk quotas)
{
    public void Apply(OperatorRequestId request, Call call) => context.Answer(request, Decide(call));

    private OperatorRefusal? Decide(Call call) => call.Type switch
    {
        Call.Types.Type.UpdateWeights => weights.Update(call.UpdateWeights.WeightInfos),
        Call.Types.Type.UpdateQuota => quotas.Update(call.UpdateQuota.QuotaConfigs, call.UpdateQuota.Force),
        Call.Types.Type.SetQuota => quotas.Set(call.SetQuota.QuotaRequest),
        Call.Types.Type.RemoveQuota => quotas.Remove(call.RemoveQuota.Role),
        _ => OperatorRefusal.NotSupported($"Calls of type {call.Type} are not served by this master"),
    };
}
