using System.Collections.Immutable;
using Plenum.Marathon.LaunchQueue;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Matching;

/// <summary>The judgement of one offer for one instance: what was cut from it, or every reason against it.</summary>
internal abstract record OfferMatch
{
    private OfferMatch()
    {
    }

    internal sealed record Fits(List<Resource> Resources, AssignedPort[] Ports) : OfferMatch;

    internal sealed record Rejected(ImmutableArray<RejectReason> Reasons) : OfferMatch;
}
