using Google.Protobuf;
using Plenum.Agent.Book.Checkpoints;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Info = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Agent.Book.Operations;

/// <summary>
/// Reservations and volumes change by the master's order. What changed and the operation's outcome stand in one
/// checkpoint record; the outcome is repeated until it is acknowledged, like a status update.
/// </summary>
internal sealed class OperationDesk(Desks desks)
{
    private static readonly TimeSpan FirstResend = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LastResend = TimeSpan.FromMinutes(10);

    private readonly BookState _state = desks.State;

    public void Apply(MasterMessage.Types.ApplyOperation message)
    {
        if (_state.Operations.ContainsKey(message.OperationUuid))
        {
            return;
        }

        // 1. Possible? The master checked, but what it knew may be older than what failed here.
        var entry = Add(message.OperationUuid, message.FrameworkId is { } id ? (FrameworkId)id : (FrameworkId?)null, message.Info);
        if (entry.Provider is not null)
        {
            desks.ProviderOperations.Apply(entry, message);
            return;
        }

        if (ConversionOf(message.Info) is not { } conversion || conversion.ApplyTo(_state.Total) is not { } total)
        {
            Complete(entry, OperationState.OperationDropped, "The agent's resources do not hold what the operation needs");
            TellTotal();
            return;
        }

        var removed = conversion.Consumed.PersistentVolumes;
        if (message.Info.Type == OperationType.Destroy && IsUsed(removed))
        {
            Complete(entry, OperationState.OperationFailed, "A volume is used by a task");
            TellTotal();
            return;
        }

        // 2. It holds from here on; the record is on disk before anything below happens.
        _state.Checkpointed = total.NeedingCheckpoint;

        // 3. Directories, and the outcome when they are there or gone.
        if (!Begin(entry))
        {
            Complete(entry, OperationState.OperationFinished, message: null);
        }

        _state.SaveAgent();
    }

    public void VolumesChanged(ByteString uuid, string? problem)
    {
        if (!_state.Operations.TryGetValue(uuid, out var entry) || !entry.IsPending)
        {
            return;
        }

        if (entry.Provider is not null)
        {
            desks.ProviderOperations.Done(entry, problem);
            return;
        }

        if (problem is null)
        {
            Complete(entry, OperationState.OperationFinished, message: null);
            _state.SaveAgent();
            return;
        }

        // As if it had never been: the resources are again what they were made of.
        if (ConversionOf(entry.Info) is { } conversion && Undone(entry.Info.Type, conversion).ApplyTo(_state.Total) is { } before)
        {
            _state.Checkpointed = before.NeedingCheckpoint;
        }

        Complete(entry, OperationState.OperationFailed, problem);
        TellTotal();
    }

    public void Acknowledge(MasterMessage.Types.AcknowledgeOperation message)
    {
        if (!_state.Operations.TryGetValue(message.OperationUuid, out var entry)
            || entry.Status.Uuid is not { } uuid
            || uuid.Value != message.StatusUuid)
        {
            return;
        }

        desks.ProviderCalls.Acknowledged(entry);
        entry.Deadline = null;
        _state.Touch(entry);
        _state.Operations.Remove(entry.Uuid);
        _state.SaveAgent();
    }

    public void Recover(OperationCheckpoint record) => _state.Operations[record.Uuid] = new OperationEntry
    {
        Uuid = record.Uuid,
        Framework = record.FrameworkId is { } id ? (FrameworkId)id : (FrameworkId?)null,
        Info = record.Info,
        Status = record.Status,
    };

    /// <summary>The agent went down before it knew that directories and disks were there or gone: again.</summary>
    public void Resume()
    {
        foreach (var entry in _state.Operations.Values.Where(static entry => entry.IsPending).ToList())
        {
            if (entry.Provider is not null)
            {
                desks.ProviderOperations.Resume(entry);
            }
            else
            {
                Begin(entry);
            }
        }
    }

    public void LinkReady()
    {
        foreach (var entry in _state.Operations.Values)
        {
            Send(entry, FirstResend);
        }
    }

    public void LinkLost()
    {
        foreach (var entry in _state.Operations.Values)
        {
            entry.Deadline = null;
            _state.Touch(entry);
        }
    }

    public void DeadlineReached(OperationEntry entry)
    {
        if (entry.Deadline <= _state.Now)
        {
            var next = entry.ResendDelay * 2;
            Send(entry, next < LastResend ? next : LastResend);
        }
    }

    /// <summary>
    /// A volume that could not be made may have grown or shrunk meanwhile, and goes as it is now: taken by the size it
    /// was to have, it would stay in the book without a directory.
    /// </summary>
    private ResourceConversion Undone(OperationType type, ResourceConversion conversion) => type == OperationType.Create
        ? ResourceConversion.Destroy(_state.Total.Where((in entry) => IsOneOf(conversion.Converted, entry)))
        : new ResourceConversion(conversion.Converted, conversion.Consumed);

    private static bool IsOneOf(ResourceSet volumes, in ResourceEntry sought)
    {
        foreach (ref readonly var volume in volumes.Entries)
        {
            if (sought.IsPersistentVolume
                && string.Equals(volume.PersistenceId, sought.PersistenceId, StringComparison.Ordinal)
                && string.Equals(volume.Role, sought.Role, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A newer master may send what this agent does not know: then there is nothing to convert.</summary>
    private static ResourceConversion? ConversionOf(Info info)
    {
        try
        {
            return ResourceConversion.Of(info);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private OperationEntry Add(ByteString uuid, FrameworkId? framework, Info info)
    {
        var entry = new OperationEntry
        {
            Uuid = uuid,
            Framework = framework,
            Info = info,
            Status = Status(info, OperationState.OperationPending),
        };
        _state.Operations.Add(uuid, entry);
        return entry;
    }

    private OperationStatus Status(Info info, OperationState state)
    {
        var status = new OperationStatus { OperationId = info.Id, State = state, AgentId = _state.Agent?.ToWire() };
        if (ProviderOf(info) is { } provider)
        {
            status.ResourceProviderId = provider;
        }

        return status;
    }

    /// <summary>The master sends nothing that is about several: the first resource names it.</summary>
    private static ResourceProviderID? ProviderOf(Info info) => info.Type switch
    {
        OperationType.Reserve => info.Reserve.Resources.FirstOrDefault()?.ProviderId,
        OperationType.Unreserve => info.Unreserve.Resources.FirstOrDefault()?.ProviderId,
        OperationType.Create => info.Create.Volumes.FirstOrDefault()?.ProviderId,
        OperationType.Destroy => info.Destroy.Volumes.FirstOrDefault()?.ProviderId,
        OperationType.CreateDisk => info.CreateDisk.Source.ProviderId,
        OperationType.DestroyDisk => info.DestroyDisk.Source.ProviderId,
        _ => null,
    };

    /// <summary>False when there is nothing to do on the disk.</summary>
    private bool Begin(OperationEntry entry)
    {
        switch (entry.Info.Type)
        {
            case OperationType.Create:
                _state.Emit(new AgentEffect.MakeVolumes(entry.Uuid, entry.Info.Create.Volumes));
                return true;
            case OperationType.Destroy:
                _state.Emit(new AgentEffect.RemoveVolumes(entry.Uuid, entry.Info.Destroy.Volumes));
                return true;
            default:
                return false;
        }
    }

    /// <param name="entry">It is over.</param>
    /// <param name="state">How it ended.</param>
    /// <param name="message">Why, for those who asked for it.</param>
    /// <param name="converted">What a finished one made, where only its provider knows that.</param>
    /// <param name="uuid">By which a provider knows its own report of it.</param>
    public void Complete(
        OperationEntry entry, OperationState state, string? message, ResourceSet? converted = null, UUID? uuid = null)
    {
        var status = Status(entry.Info, state);
        status.Uuid = uuid ?? new UUID { Value = ByteString.CopyFrom(_state.Mint()) };
        if (message is not null)
        {
            status.Message = message;
        }

        if (state == OperationState.OperationFinished)
        {
            status.ConvertedResources.AddRange((converted ?? ConversionOf(entry.Info)!.Value.Converted).ToWire());
        }

        entry.Status = status;
        Send(entry, FirstResend);
        if (entry.Provider is { } id && desks.Providers.Find(id) is { } provider)
        {
            // It may have been reconfigured around what the operation held.
            desks.Providers.Fit(provider);
        }
    }

    private void Send(OperationEntry entry, TimeSpan delay)
    {
        if (entry.IsPending || _state.Link is null)
        {
            return;
        }

        entry.ResendDelay = delay;
        entry.Deadline = _state.Now + delay;
        _state.Touch(entry);
        desks.Link.Send(new AgentMessage
        {
            OperationUpdate = new AgentMessage.Types.OperationUpdate
            {
                FrameworkId = entry.Framework?.ToWire(),
                OperationUuid = entry.Uuid,
                Status = entry.Status,
            },
        });
    }

    /// <summary>After the outcome, which tells the master that the operation is not under way any more.</summary>
    public void TellTotal()
    {
        _state.SaveAgent();
        var message = new AgentMessage.Types.UpdateAgent();
        message.TotalResources.AddRange(_state.Total.ToWire());
        message.ResourceProviders.AddRange(desks.Providers.Report());
        desks.Link.Send(new AgentMessage { UpdateAgent = message });
    }

    public bool IsUsed(ResourceSet volumes)
    {
        foreach (var executor in _state.Frameworks.Values.SelectMany(static framework => framework.Executors.Values))
        {
            if ((executor.State != ExecutorState.Terminated && Overlaps(executor.Info.Resources, volumes))
                || executor.Tasks.Values.Any(task => !task.Terminal && Overlaps(task.Info.Resources, volumes)))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Overlaps(IEnumerable<Resource> held, ResourceSet volumes)
    {
        var left = volumes - ResourceSet.FromWire(held).Unallocated;
        return !left.Equals(volumes);
    }
}
