using System.Collections.Immutable;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>An offer that could not be used, with every reason that spoke against it. The offer is not changed any more.</summary>
internal sealed record UnusedOffer(Offer Offer, ImmutableArray<RejectReason> Reasons, DateTimeOffset Timestamp);
