using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Operation;

namespace Plenum.Kernel.Operations;

/// <summary>
/// Operation feedback. The agent repeats an outcome until it is acknowledged, so the master keeps no queue;
/// what nobody asked feedback for it acknowledges itself.
/// </summary>
internal sealed class OperationUpdates(KernelContext context, ClusterBook book, OperationBook operations)
{
    public void FromAgent(AgentEntry agent, AgentMessage.Types.OperationUpdate update)
    {
        if (!book.Operations.TryGetValue(update.OperationUuid, out var entry) || entry.Agent != agent)
        {
            context.Counters.InvalidOperationUpdates++;

            // Acknowledged before, or its framework is removed: without an answer it would be repeated for ever.
            Acknowledge(agent, update.OperationUuid, update.Status.Uuid.Value);
            return;
        }

        context.Counters.ValidOperationUpdates++;
        var status = update.Status;
        if (entry.IsPending)
        {
            Count(entry, status.State);
        }

        if (OperationStates.IsTerminal(status.State))
        {
            operations.EndHold(entry, MadeBy(entry, status));
        }

        operations.Replace(entry, status);
        if (entry.Name is not null && operations.FrameworkOf(entry) is { } framework)
        {
            Send(framework, status);
            return;
        }

        Acknowledge(agent, entry.Uuid, status.Uuid.Value);
        if (OperationStates.IsTerminal(status.State))
        {
            operations.Remove(entry);
        }
    }

    public void FromFramework(FrameworkEntry framework, Call.Types.AcknowledgeOperationStatus acknowledge)
    {
        // A late repetition, or of another update; the agent repeats what did not reach it.
        if (!framework.Operations.TryGetValue(acknowledge.OperationId.Value, out var entry)
            || entry.Agent.Id != acknowledge.AgentId
            || !entry.Agent.Active
            || entry.Record.LatestStatus.Uuid is not { } uuid
            || !uuid.Value.Equals(acknowledge.Uuid))
        {
            context.Counters.InvalidOperationAcknowledgements++;
            context.Note($"{framework.Id} acknowledged an update of operation {acknowledge.OperationId.Value} that is not awaited");
            return;
        }

        context.Counters.ValidOperationAcknowledgements++;
        Acknowledge(entry.Agent, entry.Uuid, acknowledge.Uuid);
        if (OperationStates.IsTerminal(entry.Record.LatestStatus.State))
        {
            operations.Remove(entry);
        }
    }

    /// <summary>An operation that was not even begun: told once, and only to those who gave it an id.</summary>
    public void Refuse(FrameworkEntry framework, Offer.Types.Operation operation, AgentId? agent, string error)
    {
        context.Counters.OperationsError++;
        context.Counters.OperationEnded(operation.Type, OperationState.OperationError);
        if (operation.Id is not { } id)
        {
            context.Note($"{operation.Type} of {framework.Id} refused: {error}");
            return;
        }

        Send(framework, new OperationStatus
        {
            OperationId = id,
            State = OperationState.OperationError,
            Message = error,
            AgentId = agent?.ToWire(),
        });
    }

    /// <summary>What a returning agent says of its operations is the truth; what it does not name never reached it.</summary>
    public void TakeIn(AgentEntry agent, IEnumerable<Operation> reported)
    {
        var named = new HashSet<ByteString>();
        foreach (var operation in reported)
        {
            named.Add(operation.Uuid.Value);
            var isOver = OperationStates.IsTerminal(operation.LatestStatus.State);
            if (book.Operations.TryGetValue(operation.Uuid.Value, out var known))
            {
                // Its update is on the way; what it says counts from then on. What it made is in the agent's total.
                if (isOver)
                {
                    operations.EndHold(known, made: null);
                }

                continue;
            }

            var added = operations.Add(agent, new OperationRecord
            {
                Uuid = operation.Uuid.Value,
                FrameworkId = operation.FrameworkId is { } id ? (FrameworkId)id : (FrameworkId?)null,
                AgentId = agent.Id,
                Info = operation.Info,
                LatestStatus = operation.LatestStatus,
            });
            if (!isOver && added.Provider is not null && ResourceConversion.ConsumedBy(operation.Info) is { } held)
            {
                added.Held = held.Unallocated;
                agent.HoldAsReported(added.Held);
            }
        }

        foreach (var entry in new List<OperationEntry>(agent.Operations))
        {
            if (!named.Contains(entry.Uuid))
            {
                EndByMaster(entry, OperationState.OperationDropped, "The operation did not reach the agent");
            }
        }
    }

    /// <summary>Told once; the agent says more when it comes back.</summary>
    public void AgentLost(AgentEntry agent, OperationState state, string why)
    {
        foreach (var entry in new List<OperationEntry>(agent.Operations))
        {
            EndByMaster(entry, state, why);
        }
    }

    /// <summary>From here on the master acknowledges for it.</summary>
    public void FrameworkRemoved(FrameworkEntry framework)
    {
        foreach (var entry in new List<OperationEntry>(book.Operations.Values))
        {
            if (entry.Record.FrameworkId != framework.Id)
            {
                continue;
            }

            if (entry.Record.LatestStatus is { Uuid: { } uuid } status && OperationStates.IsTerminal(status.State))
            {
                Acknowledge(entry.Agent, entry.Uuid, uuid.Value);
                operations.Remove(entry);
            }
        }

        framework.Operations.Clear();
    }

    /// <summary>Empty: all operations of the framework that gave them an id.</summary>
    public void Reconcile(FrameworkEntry framework, Call.Types.ReconcileOperations question)
    {
        if (question.Operations.Count == 0)
        {
            foreach (var entry in framework.Operations.Values)
            {
                AnswerKnown(framework, entry);
            }

            return;
        }

        foreach (var asked in question.Operations)
        {
            if (framework.Operations.TryGetValue(asked.OperationId.Value, out var known))
            {
                AnswerKnown(framework, known);
                continue;
            }

            Answer(framework, asked);
        }
    }

    private void Answer(FrameworkEntry framework, Call.Types.ReconcileOperations.Types.Operation asked)
    {
        var agent = asked.AgentId is { } id ? book.FindAgent(id) : null;
        var mayReturn = asked.AgentId is null ? book.RecoveredAgents > 0 : agent?.Standing == AgentStanding.Recovered;
        var (state, message) = mayReturn
            ? (OperationState.OperationRecovering, "the agent has not come back since the master started")
            : agent?.Standing switch
            {
                AgentStanding.Unreachable => (OperationState.OperationUnreachable, "the agent is unreachable"),
                AgentStanding.Gone => (OperationState.OperationGoneByOperator, "the agent is gone"),
                AgentStanding.Registered => (OperationState.OperationUnknown, "the agent does not know the operation"),
                _ => (OperationState.OperationUnknown, "neither the operation nor its agent is known"),
            };
        var status = new OperationStatus
        {
            OperationId = asked.OperationId,
            State = state,
            Message = $"Reconciliation: {message}",
            AgentId = asked.AgentId,
        };
        if (asked.ResourceProviderId is { } provider)
        {
            status.ResourceProviderId = provider;
        }

        Send(framework, status);
    }

    private void AnswerKnown(FrameworkEntry framework, OperationEntry entry)
    {
        // Without the uuid: answers are not acknowledged.
        var status = entry.Record.LatestStatus.Clone();
        status.Uuid = null;
        status.Message = "Reconciliation: Latest operation state";
        Send(framework, status);
    }

    private void EndByMaster(OperationEntry entry, OperationState state, string message)
    {
        if (entry.Name is not null
            && !OperationStates.IsTerminal(entry.Record.LatestStatus.State)
            && operations.FrameworkOf(entry) is { } framework)
        {
            Send(framework, new OperationStatus
            {
                OperationId = entry.Record.Info.Id,
                State = state,
                Message = message,
                AgentId = entry.Agent.Id.ToWire(),
                ResourceProviderId = entry.Provider,
            });
        }

        if (entry.IsPending)
        {
            Count(entry, state);
        }

        operations.Remove(entry);
    }

    /// <summary>
    /// Null when it made nothing. An agent that names resources which are not the provider's speaks of something else:
    /// what was consumed is then as it was, until the agent says what there is.
    /// </summary>
    private ResourceSet? MadeBy(OperationEntry entry, OperationStatus status)
    {
        if (status.State != OperationState.OperationFinished || entry.Held.IsEmpty)
        {
            return null;
        }

        var made = ResourceSet.Validate(status.ConvertedResources) is null
            ? ResourceSet.FromWire(status.ConvertedResources).Unallocated
            : ResourceSet.Empty;
        if (made.OfProvider(entry.Provider!.Value).Equals(made))
        {
            return made;
        }

        context.Note($"{entry.Record.Info.Type} on {entry.Agent.Id} made {made}, which is not its resource provider's");
        return null;
    }

    private void Count(OperationEntry entry, OperationState state)
    {
        if (OperationStates.IsTerminal(state))
        {
            context.Counters.OperationEnded(entry.Record.Info.Type, state);
        }

        switch (state)
        {
            case OperationState.OperationFinished:
                context.Counters.OperationsFinished++;
                break;
            case OperationState.OperationFailed:
                context.Counters.OperationsFailed++;
                break;
            case OperationState.OperationDropped:
                context.Counters.OperationsDropped++;
                break;
            default:
                break;
        }

        if (state is OperationState.OperationFailed or OperationState.OperationDropped)
        {
            context.Note($"{entry.Record.Info.Type} on {entry.Agent.Id} ended as {state}");
        }
    }

    private void Send(FrameworkEntry framework, OperationStatus status) => context.Send(framework, new Event
    {
        Type = Event.Types.Type.UpdateOperationStatus,
        UpdateOperationStatus = new Event.Types.UpdateOperationStatus { Status = OperationWire.For(framework, status) },
    });

    private void Acknowledge(AgentEntry agent, ByteString operation, ByteString status) => context.Send(agent, new MasterMessage
    {
        AcknowledgeOperation = new MasterMessage.Types.AcknowledgeOperation { OperationUuid = operation, StatusUuid = status },
    });
}
