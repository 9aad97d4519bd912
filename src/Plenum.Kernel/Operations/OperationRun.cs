using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Validation;
using Plenum.Protocol.Resources;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Kernel.Operations;

/// <summary>The operations of one ACCEPT that change reservations and volumes, on the same pool as its launches.</summary>
internal sealed class OperationRun(
    OfferBook offers,
    OperationBook operations,
    OperationUpdates updates,
    FrameworkEntry framework,
    AgentEntry agent,
    string role,
    LaunchRun pool)
{
    /// <summary>A bad operation is dropped and the rest of the call goes on.</summary>
    public void Perform(Operation operation)
    {
        // 1. Both formats, with and without allocation role, become one.
        if (!OperationWire.TryNormalise(operation, role, out var normal, out var error))
        {
            updates.Refuse(framework, operation, agent.Id, $"{operation.Type} names invalid resources: {error}");
            return;
        }

        // 2. The rules, against what the operations before it made.
        error = OperationValidation.Validate(normal, ContextOf()) ?? OperationBook.WhyNot(framework, agent, normal);
        if (error is not null)
        {
            updates.Refuse(framework, operation, agent.Id, error);
            return;
        }

        // 3. The pool must hold what is consumed.
        var consumed = ResourceConversion.ConsumedBy(normal)!;
        if (!pool.Remainder.Contains(consumed))
        {
            updates.Refuse(
                framework, operation, agent.Id, $"{normal.Type} needs {consumed}, and {pool.Remainder} is left of the offer");
            return;
        }

        // 4. A shared volume that goes is in other offers too.
        if (normal.Type == OperationType.Destroy)
        {
            offers.RescindCopies(agent, consumed);
        }

        // 5. Only the provider knows what comes of it, and when: in a later offer.
        _ = OperationWire.TryFindProvider(normal, out var provider);
        if (provider is not null)
        {
            pool.Hold(consumed);
            operations.Begin(framework, agent, normal, consumed);
            return;
        }

        // 6. Here at once and on the agent in the same order. What GROW and SHRINK make comes in a later offer.
        var conversion = ResourceConversion.Of(normal)!.Value;
        pool.Convert(conversion, isUsableNow: normal.Type is not (OperationType.GrowVolume or OperationType.ShrinkVolume));
        operations.Begin(framework, agent, normal);
    }

    private OperationContext ContextOf() => new()
    {
        Framework = framework.Info,
        AllocationRole = role,

        // As in Mesos: a framework's own word while callers are not authenticated.
        Principal = framework.Info.HasPrincipal ? framework.Info.Principal : null,
        AgentCapabilities = agent.CapabilityTypes,
        AgentTotal = agent.Total,
        InUse = agent.Used,
    };
}
