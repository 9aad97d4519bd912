using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Snapshots;

/// <summary>One outstanding offer. <paramref name="Wire"/> is what the framework got.</summary>
public sealed record OfferRecord(
    OfferId Id, FrameworkId FrameworkId, AgentId AgentId, string Role, ResourceSet Resources, Offer Wire);
