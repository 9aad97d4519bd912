using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;
using Plenum.Protocol.V1.Quota;

namespace Plenum.Master.Operator;

/// <summary>Weights and quota as the operator API shows them.</summary>
internal static class AllocationMessages
{
    public static Response.Types.GetWeights Weights(ClusterSnapshot state) => new()
    {
        WeightInfos = { state.Weights.Select(weight => new WeightInfo { Role = weight.Key, Weight = weight.Value }) },
    };

    /// <summary>The configurations, and for older readers the guarantees as resources.</summary>
    public static QuotaStatus Quota(ClusterSnapshot state)
    {
        var status = new QuotaStatus();
        foreach (var config in state.Quotas)
        {
            var info = new QuotaInfo { Role = config.Role };
            foreach (var (name, amount) in config.Guarantees.OrderBy(guarantee => guarantee.Key, StringComparer.Ordinal))
            {
                info.Guarantee.Add(new Resource { Name = name, Type = Value.Types.Type.Scalar, Scalar = amount });
            }

            status.Infos.Add(info);
            status.Configs.Add(config);
        }

        return status;
    }
}
