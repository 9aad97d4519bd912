using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;
using Type = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Master.Metrics;

/// <summary>
/// <c>master/operations/…</c>: of those that the master holds how many there are and in which state, of those that ended
/// how, over all kinds and for each. Launches are no operations here, as with Mesos.
/// </summary>
internal static class OperationMetrics
{
    private static readonly Type[] Kinds = [.. Enum.GetValues<Type>().Where(
        static type => type is not (Type.Unknown or Type.Launch or Type.LaunchGroup))];

    private static readonly OperationState[] Open =
        [OperationState.OperationPending, OperationState.OperationRecovering, OperationState.OperationUnreachable];

    private static readonly OperationState[] Ended =
    [
        OperationState.OperationFinished, OperationState.OperationFailed, OperationState.OperationError,
        OperationState.OperationDropped, OperationState.OperationGoneByOperator,
    ];

    public static void Add(IDictionary<string, double> all, ClusterSnapshot state)
    {
        foreach (var kind in Kinds)
        {
            var prefix = $"master/operations/{WireNames.Of(kind).ToLowerInvariant()}";
            all[$"{prefix}/total"] = 0;
            foreach (var standing in Open.Concat(Ended))
            {
                all[$"{prefix}/{NameOf(standing)}"] = 0;
            }
        }

        foreach (var standing in Open.Concat(Ended))
        {
            all[$"master/operations/{NameOf(standing)}"] = 0;
        }

        all["master/operations/total"] = state.Operations.Count;
        foreach (var operation in state.Operations)
        {
            var kind = WireNames.Of(operation.Info.Type).ToLowerInvariant();
            Increase(all, $"master/operations/{kind}/total", 1);
            if (Open.Contains(operation.LatestStatus.State))
            {
                Increase(all, $"master/operations/{NameOf(operation.LatestStatus.State)}", 1);
                Increase(all, $"master/operations/{kind}/{NameOf(operation.LatestStatus.State)}", 1);
            }
        }

        foreach (var ((kind, end), count) in state.Counters.OperationEnds)
        {
            Increase(all, $"master/operations/{NameOf(end)}", count);
            Increase(all, $"master/operations/{WireNames.Of(kind).ToLowerInvariant()}/{NameOf(end)}", count);
        }
    }

    private static void Increase(IDictionary<string, double> all, string name, long by)
    {
        // A refused LAUNCH with an id counts among the ends and has no name of its own.
        if (all.TryGetValue(name, out var before))
        {
            all[name] = before + by;
        }
    }

    private static string NameOf(OperationState state) => WireNames.Of(state)["OPERATION_".Length..].ToLowerInvariant();
}
