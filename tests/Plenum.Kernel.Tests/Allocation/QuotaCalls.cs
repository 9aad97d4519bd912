using Plenum.Kernel.Operators;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;
using Plenum.Protocol.V1.Quota;

namespace Plenum.Kernel.Tests.Allocation;

/// <summary>The calls of quota, and what frameworks are offered under it.</summary>
internal static class QuotaCalls
{
    public static OperatorRefusal? Update(TestCluster cluster, params QuotaConfig[] configs) => Update(cluster, false, configs);

    public static OperatorRefusal? Update(TestCluster cluster, bool force, params QuotaConfig[] configs)
    {
        var call = new Call { Type = Call.Types.Type.UpdateQuota, UpdateQuota = new Call.Types.UpdateQuota { Force = force } };
        call.UpdateQuota.QuotaConfigs.AddRange(configs);
        return cluster.Operate(call);
    }

    public static Call Set(string role, string guarantee)
    {
        var request = new QuotaRequest { Role = role };
        request.Guarantee.AddRange(ResourceSet.Parse(guarantee).ToWire());
        return new Call { Type = Call.Types.Type.SetQuota, SetQuota = new Call.Types.SetQuota { QuotaRequest = request } };
    }

    public static Call Remove(string role) =>
        new() { Type = Call.Types.Type.RemoveQuota, RemoveQuota = new Call.Types.RemoveQuota { Role = role } };

    public static QuotaConfig Config(string role, string guarantees = "", string limits = "")
    {
        var config = new QuotaConfig { Role = role };
        Read(guarantees, config.Guarantees);
        Read(limits, config.Limits);
        return config;
    }

    private static void Read(string text, IDictionary<string, Value.Types.Scalar> target)
    {
        foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            var pair = part.Split(':');
            target[pair[0]] = new Value.Types.Scalar { Value = double.Parse(pair[1], System.Globalization.CultureInfo.InvariantCulture) };
        }
    }

    /// <summary>Over the offers that stand.</summary>
    public static double Sum(TestFramework framework, string name) => framework.Offers
        .Where(offer => !framework.Rescinded.Contains(offer.Id.Value))
        .Sum(offer => ResourceSet.FromWire(offer.Resources).Scalar(name));
}
