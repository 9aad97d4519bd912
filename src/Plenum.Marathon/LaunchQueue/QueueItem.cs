using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>Instances of one service and role that wait for an offer, and how the offers so far were judged.</summary>
internal sealed record QueueItem
{
    /// <summary>Of a service's waiting instances: they mostly wait for the same, and each is made anew with every offer.</summary>
    public const int MaxShownInstances = 20;

    public required RunSpec Spec { get; init; }

    public required string Role { get; init; }

    public required int Count { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>The end of the backoff; at or before now it is over and offers are matched ("overdue").</summary>
    public required DateTimeOffset DelayedUntil { get; init; }

    public required int ProcessedOffers { get; init; }

    public required int UnusedOffers { get; init; }

    public DateTimeOffset? LastUnusedOfferAt { get; init; }

    public DateTimeOffset? LastUsedOfferAt { get; init; }

    /// <summary>Every reason, zeros included, over the latest offer of each agent.</summary>
    public required ImmutableArray<RejectCount> RejectSummaryLastOffers { get; init; }

    /// <summary>Every reason, zeros included, over all offers of this launch attempt.</summary>
    public required ImmutableArray<RejectCount> RejectSummaryLaunchAttempt { get; init; }

    public required ImmutableArray<UnusedOffer> LastUnusedOffers { get; init; }

    /// <summary>What the latest offer of each agent lacked, in detail.</summary>
    public ImmutableArray<UnmetNeed> Unmet { get; init; } = [];

    /// <summary>Agents whose latest offer was looked at.</summary>
    public int Agents { get; init; }

    /// <summary>When agents whose offers were declined are asked for again at the latest; null while none was.</summary>
    public DateTimeOffset? OffersAgainAt { get; init; }

    /// <summary>Those that wait, the first <see cref="MaxShownInstances"/>.</summary>
    public ImmutableArray<WaitingInstance> Instances { get; init; } = [];
}
