using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Maintenance;

/// <summary>An agent's resources asked back from one framework.</summary>
internal sealed class InverseOfferEntry(InverseOffer wire, AgentEntry agent, FrameworkEntry framework)
{
    public OfferId Id { get; } = wire.Id;

    public InverseOffer Wire { get; } = wire;

    public AgentEntry Agent { get; } = agent;

    public FrameworkEntry Framework { get; } = framework;
}
