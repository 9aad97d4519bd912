using System.Collections.Immutable;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>How offers were judged since a service began to wait.</summary>
internal sealed class OfferStatistics
{
    // Agents whose latest judgement is remembered, and offers shown to clients that ask for them.
    private const int MaxAgents = 10_000;
    private const int MaxShownOffers = 10;

    // More than people read of; a service with a thousand constraints has as many.
    private const int MaxShownNeeds = 50;
    private static readonly int ReasonCount = Enum.GetValues<RejectReason>().Length;

    private readonly int[] _attempt = new int[ReasonCount];
    private readonly Dictionary<string, RejectCause?> _latest = [];
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

    public void Rejected(Offer offer, ImmutableArray<RejectReason> reasons, RejectCause cause, DateTimeOffset now)
    {
        Processed++;
        Unused++;
        LastUnusedAt = now;
        _attempt[(int)reasons[0]]++;
        Remember(offer.AgentId.Value, cause);
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
                    counts[(int)rejected.Reason]++;
                }
            }

            return Summarise(counts, _latest.Count);
        }
    }

    /// <summary>What the latest offer of each agent lacked, the most frequent first.</summary>
    public ImmutableArray<UnmetNeed> Unmet
    {
        get
        {
            // A service has few rules, and agents side by side mostly lack the same: no hash table is worth its while.
            var needs = new List<UnmetNeed>();
            foreach (var latest in _latest.Values)
            {
                if (latest is not { } cause)
                {
                    continue;
                }

                var offered = cause.OfferedMillis / 1000.0;
                var at = needs.FindIndex(need => need.Reason == cause.Reason && Equals(need.Rule, cause.Rule));
                if (at < 0)
                {
                    needs.Add(new UnmetNeed(cause.Reason, cause.Rule, 1, offered));
                }
                else
                {
                    needs[at] = needs[at] with { Agents = needs[at].Agents + 1, Offered = Math.Max(needs[at].Offered, offered) };
                }
            }

            return [.. needs.OrderByDescending(need => need.Agents).ThenBy(need => need.Reason).Take(MaxShownNeeds)];
        }
    }

    /// <summary>Agents whose latest offer is known.</summary>
    public int Agents => _latest.Count;

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

    private void Remember(string agent, RejectCause? reason)
    {
        if (_latest.Count < MaxAgents || _latest.ContainsKey(agent))
        {
            _latest[agent] = reason;
        }
    }
}
