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

    /// <param name="Resources">Of the task; to be reserved first when there are volumes.</param>
    /// <param name="Ports">In definition order.</param>
    internal sealed record Fits(List<Resource> Resources, AssignedPort[] Ports) : OfferMatch
    {
        /// <summary>Persistent volumes to be made, each with the disk it takes.</summary>
        public ImmutableArray<(Definitions.Volume.Persistent Volume, Resource Disk)> Volumes { get; init; } = [];
    }

    /// <param name="Reasons">All that speaks against the offer, in the order in which the matcher looks.</param>
    /// <param name="Cause">The first of them in detail.</param>
    internal sealed record Rejected(ImmutableArray<RejectReason> Reasons, RejectCause Cause) : OfferMatch;
}
