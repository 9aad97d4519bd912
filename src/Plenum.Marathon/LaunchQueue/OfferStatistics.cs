using System.Collections.Immutable;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>How offers were judged since a service began to wait.</summary>
internal sealed class OfferStatistics
{
    // Agents whose latest judgement is remembered, and offers shown to clients that ask for them.
    private const int MaxAgents = 10_000;
    private const int MaxShownOffers = 10;
    private static readonly int ReasonCount = Enum.GetValues<RejectReason>().Length;

    private readonly int[] _attempt = new int[ReasonCount];
    private readonly Dictionary<string, RejectReason?> _latest = [];
    private readonly LinkedList<UnusedOffer> _shown = [];

    public int Processed { get; private set; }

    public int Unused { get; private set; }

    public DateTimeOffset? LastUsedAt { get; private set; }

    public DateTimeOffset? LastUnusedAt { get; private set; }

    public ImmutableArray<UnusedOffer> Shown => [.. _shown];

    public void Used(Offer offer, DateTimeOffset now)
    {
        Processed++;
        LastUsedAt = now;
        Remember(offer.AgentId.Value, null);
    }

    public void Rejected(Offer offer, ImmutableArray<RejectReason> reasons, DateTimeOffset now)
    {
        Processed++;
        Unused++;
        LastUnusedAt = now;
        _attempt[(int)reasons[0]]++;
        Remember(offer.AgentId.Value, reasons[0]);
        for (var node = _shown.First; node is not null; node = node.Next)
        {
            if (node.Value.Offer.AgentId.Value == offer.AgentId.Value)
            {
                _shown.Remove(node);
                break;
            }
        }

        _shown.AddFirst(new UnusedOffer(offer, reasons, now));
        if (_shown.Count > MaxShownOffers)
        {
            _shown.RemoveLast();
        }
    }

    public ImmutableArray<RejectCount> LaunchAttempt => Summarise(_attempt, Processed);

    public ImmutableArray<RejectCount> LastOffers
    {
        get
        {
            var counts = new int[ReasonCount];
            foreach (var reason in _latest.Values)
            {
                if (reason is { } rejected)
                {
                    counts[(int)rejected]++;
                }
            }

            return Summarise(counts, _latest.Count);
        }
    }

    // A funnel: a row's "processed" are those that no earlier row declined.
    private static ImmutableArray<RejectCount> Summarise(int[] declined, int processed)
    {
        var rows = ImmutableArray.CreateBuilder<RejectCount>(ReasonCount);
        for (var reason = 0; reason < ReasonCount; reason++)
        {
            rows.Add(new RejectCount((RejectReason)reason, declined[reason], processed));
            processed -= declined[reason];
        }

        return rows.MoveToImmutable();
    }

    private void Remember(string agent, RejectReason? reason)
    {
        if (_latest.Count < MaxAgents || _latest.ContainsKey(agent))
        {
            _latest[agent] = reason;
        }
    }
}
