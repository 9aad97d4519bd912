using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Validation;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Kernel.Operations;

/// <summary>Operations that an operator asks for: on free resources, and on offered ones, whose offers are rescinded.</summary>
internal sealed class OperatorOperations(
    KernelContext context, ClusterBook book, OfferBook offers, Allocator allocator, OperationBook operations)
{
    /// <summary>
    /// As long as a declined offer's: the framework must not be offered the pieces again before the operator's
    /// next call.
    /// </summary>
    private static readonly TimeSpan Refusal = TimeSpan.FromSeconds(5);

    public OperatorRefusal? Perform(Call call)
    {
        // 1. Known and whole.
        var (agentId, operation) = Read(call);
        if (agentId is null || book.FindAgent(agentId) is not { Standing: AgentStanding.Registered } agent)
        {
            return OperatorRefusal.Invalid($"No agent found with specified ID '{agentId?.Value}'");
        }

        if (!OperationWire.TryNormalise(operation, allocationRole: null, out var normal, out var error))
        {
            return OperatorRefusal.Invalid($"{operation.Type} names invalid resources: {error}");
        }

        error = OperationValidation.Validate(normal, ContextOf(agent)) ?? OperationBook.WhyNot(null, agent, normal);
        if (error is not null)
        {
            return OperatorRefusal.Invalid(error);
        }

        // 2. Offers that hold what is needed give it back.
        var consumed = ResourceConversion.ConsumedBy(normal)!;
        if (!consumed.SharedOnce.Equals(consumed))
        {
            // Copies of it in offers would count as the second one, and be taken back for nothing: only one is ever free.
            return OperatorRefusal.Invalid($"{normal.Type} names a shared volume twice: name it once, all its copies go with it");
        }

        if (!Free(agent, consumed))
        {
            return OperatorRefusal.Conflict(
                $"{normal.Type} needs {consumed}; {agent.Available + agent.Offered.Unallocated} of the agent is not in use");
        }

        if (normal.Type == OperationType.Destroy)
        {
            offers.RescindCopies(agent, consumed);
        }

        // 3. With a resource provider, whose word is awaited; otherwise here at once, and on the agent.
        _ = OperationWire.TryFindProvider(normal, out var provider);
        if (provider is not null)
        {
            agent.HoldAvailable(consumed);
            operations.Begin(null, agent, normal, consumed);
            return null;
        }

        agent.ConvertAvailable(ResourceConversion.Of(normal)!.Value);
        operations.Begin(null, agent, normal);
        allocator.Request(agent);
        return null;
    }

    private static (AgentID? Agent, Operation Operation) Read(Call call) => call.Type switch
    {
        Call.Types.Type.ReserveResources => (call.ReserveResources.AgentId, new Operation
        {
            Type = OperationType.Reserve,
            Reserve = new Operation.Types.Reserve
            {
                Resources = { call.ReserveResources.Resources }, Source = { call.ReserveResources.Source },
            },
        }),
        Call.Types.Type.UnreserveResources => (call.UnreserveResources.AgentId, new Operation
        {
            Type = OperationType.Unreserve,
            Unreserve = new Operation.Types.Unreserve { Resources = { call.UnreserveResources.Resources } },
        }),
        Call.Types.Type.CreateVolumes => (call.CreateVolumes.AgentId, new Operation
        {
            Type = OperationType.Create, Create = new Operation.Types.Create { Volumes = { call.CreateVolumes.Volumes } },
        }),
        Call.Types.Type.DestroyVolumes => (call.DestroyVolumes.AgentId, new Operation
        {
            Type = OperationType.Destroy, Destroy = new Operation.Types.Destroy { Volumes = { call.DestroyVolumes.Volumes } },
        }),
        Call.Types.Type.GrowVolume => (call.GrowVolume.AgentId, new Operation
        {
            Type = OperationType.GrowVolume,
            GrowVolume = new Operation.Types.GrowVolume { Volume = call.GrowVolume.Volume, Addition = call.GrowVolume.Addition },
        }),
        _ => (call.ShrinkVolume.AgentId, new Operation
        {
            Type = OperationType.ShrinkVolume,
            ShrinkVolume = new Operation.Types.ShrinkVolume
            {
                Volume = call.ShrinkVolume.Volume, Subtract = call.ShrinkVolume.Subtract,
            },
        }),
    };

    private bool Free(AgentEntry agent, ResourceSet needed)
    {
        if (!(agent.Available + agent.Offered.Unallocated).Contains(needed))
        {
            return false;
        }

        for (var i = agent.Offers.Count - 1; i >= 0 && !agent.Available.Contains(needed); i--)
        {
            var offer = agent.Offers[i];
            var missing = needed - agent.Available;
            if ((missing - offer.Resources.Unallocated).Equals(missing))
            {
                continue;
            }

            book.Roles.Client(offer.Framework, offer.Role).Filters
                .Refuse(agent.Id, offer.Resources.Unallocated, context.Now + Refusal);
            offers.Rescind(offer);
        }

        return agent.Available.Contains(needed);
    }

    private static OperationContext ContextOf(AgentEntry agent) => new()
    {
        Framework = null,
        AllocationRole = null,
        Principal = null,
        AgentCapabilities = agent.CapabilityTypes,
        AgentTotal = agent.Total,
        InUse = agent.Used,
    };
}
