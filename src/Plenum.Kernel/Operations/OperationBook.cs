using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Invariants;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Info = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Kernel.Operations;

/// <summary>Operations under way: put into the book, sent to their agents, taken out of the book.</summary>
internal sealed class OperationBook(KernelContext context, ClusterBook book, Allocator allocator)
{
    /// <summary>
    /// Operations of one agent that are not acknowledged. Those without an id are acknowledged here at once, so
    /// only a framework that asks for feedback and never acknowledges comes here.
    /// </summary>
    public const int MaxPerAgent = 1000;

    private const int UuidBytes = 16;

    private long _count;

    /// <summary>Null, or why no operation can be begun on this agent now.</summary>
    public static string? WhyNot(FrameworkEntry? framework, AgentEntry agent, Info operation) =>
        !agent.Active ? "The agent is not connected"
        : !agent.Can(AgentInfo.Types.Capability.Types.Type.AgentOperationFeedback)
            ? "The agent does not carry out operations: it runs an older release"
        : agent.Operations.Count >= MaxPerAgent
            ? $"{MaxPerAgent} operations on the agent wait for the acknowledgement of their outcome"
        : !OperationWire.TryFindProvider(operation, out var provider)
            ? "The operation's resources are not all of one resource provider, or not all the agent's own"
        : provider is not null && agent.Provider(provider) is null
            ? $"The agent has no resource provider '{provider}'"
        : operation.Id is { } id && framework?.Operations.ContainsKey(id.Value) == true
            ? $"The framework has an operation with the id '{id.Value}' already"
        : null;

    /// <summary>
    /// Sends it to the agent. Of the agent's own resources the book has converted them already: the agent does the
    /// same in the same order, and says so when it could not. A resource provider's are <paramref name="held"/>.
    /// </summary>
    public void Begin(FrameworkEntry? framework, AgentEntry agent, Info normal, ResourceSet? held = null)
    {
        _ = OperationWire.TryFindProvider(normal, out var provider);
        var entry = Add(
            agent,
            new OperationRecord
            {
                Uuid = NextUuid(),
                FrameworkId = framework?.Id,
                AgentId = agent.Id,
                Info = normal,
                LatestStatus = new OperationStatus
                {
                    OperationId = normal.Id,
                    State = OperationState.OperationPending,
                    AgentId = agent.Id.ToWire(),
                    ResourceProviderId = provider is null ? null : new ResourceProviderID { Value = provider },
                },
            });
        entry.Held = held?.Unallocated ?? ResourceSet.Empty;
        context.Counters.OperationsStarted++;

        // Reservations count towards quota whether they are used or not.
        book.Quotas.IsDisturbed = true;
        var order = new MasterMessage.Types.ApplyOperation
        {
            FrameworkId = framework?.Info.Id,
            Info = OperationWire.WithoutAllocation(normal),
            OperationUuid = entry.Uuid,
        };
        if (provider is not null)
        {
            order.ResourceVersion = agent.Provider(provider)!.Version;
        }

        context.Send(agent, new MasterMessage { ApplyOperation = order });
    }

    /// <summary>What the operation held is free again: as <paramref name="made"/>, or as it was.</summary>
    public void EndHold(OperationEntry entry, ResourceSet? made)
    {
        if (entry.Held.IsEmpty)
        {
            return;
        }

        var agent = entry.Agent;
        var held = entry.Held;
        entry.Held = ResourceSet.Empty;
        var isCounted = agent.Slot >= 0;
        if (isCounted)
        {
            book.Roles.ClusterTotal.Subtract(agent.Total);
        }

        agent.EndHold(held, made);
        if (isCounted)
        {
            book.Roles.ClusterTotal.Add(agent.Total);
        }

        book.Quotas.IsDisturbed = true;
        allocator.Request(agent);
    }

    public OperationEntry Add(AgentEntry agent, OperationRecord record)
    {
        var entry = new OperationEntry(record, agent);
        Invariant.Check(book.Operations.TryAdd(entry.Uuid, entry), $"an operation on {agent.Id} is booked twice");
        entry.Slot = book.OperationTable.Add(record);
        agent.Operations.Add(entry);
        if (entry.Name is { } name && FrameworkOf(entry) is { } framework)
        {
            framework.Operations.TryAdd(name, entry);
        }

        return entry;
    }

    public void Replace(OperationEntry entry, OperationStatus status)
    {
        entry.Record = entry.Record with { LatestStatus = status };
        book.OperationTable.Replace(entry.Slot, entry.Record);
    }

    public void Remove(OperationEntry entry)
    {
        EndHold(entry, made: null);
        Invariant.Check(book.Operations.Remove(entry.Uuid), $"an operation on {entry.Agent.Id} ends twice");
        entry.Agent.Operations.Remove(entry);
        book.OperationTable.Remove(entry.Slot);
        if (entry.Name is { } name
            && FrameworkOf(entry) is { } framework
            && framework.Operations.GetValueOrDefault(name) == entry)
        {
            framework.Operations.Remove(name);
        }
    }

    /// <summary>Null for an operator's, and once the framework is removed.</summary>
    public FrameworkEntry? FrameworkOf(OperationEntry entry) =>
        entry.Record.FrameworkId is { } id ? book.Frameworks.GetValueOrDefault(id) : null;

    /// <summary>
    /// What the agent's resources are once the operations are through that were under way when it spoke. One
    /// that it had applied already, or cannot, changes nothing.
    /// </summary>
    public static ResourceSet WithPending(AgentEntry agent, ResourceSet reported)
    {
        foreach (var entry in agent.Operations)
        {
            if (entry is { IsPending: true, Provider: null }
                && ResourceConversion.Of(OperationWire.WithoutAllocation(entry.Record.Info)) is { } conversion
                && !HasVolumesOf(reported, conversion.Converted))
            {
                reported = conversion.ApplyTo(reported) ?? reported;
            }
        }

        return reported;
    }

    private static bool HasVolumesOf(ResourceSet resources, ResourceSet made) =>
        !made.PersistentVolumes.IsEmpty && resources.Contains(made.PersistentVolumes.SharedOnce);

    // New for each master and each operation, without chance: the master's id is new at each of its starts.
    private ByteString NextUuid()
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{context.Options.MasterInfo.Id}/operation/{_count++}");
        return ByteString.CopyFrom(SHA256.HashData(Encoding.UTF8.GetBytes(text)), 0, UuidBytes);
    }
}
