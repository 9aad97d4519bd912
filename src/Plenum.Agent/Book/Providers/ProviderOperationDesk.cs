using Plenum.Agent.Book.Operations;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Info = Plenum.Protocol.V1.Offer.Types.Operation;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;
using ProviderEvent = Plenum.Protocol.V1.ResourceProvider.Event;

namespace Plenum.Agent.Book.Providers;

/// <summary>
/// Operations on the resources of a provider (mesos.md 4.3): nothing changes until it is done, and what was done and its
/// outcome stand in one checkpoint record.
/// </summary>
internal sealed class ProviderOperationDesk(Desks desks)
{
    private readonly BookState _state = desks.State;

    /// <summary>Null for what this agent does not know, or that no provider can do.</summary>
    public static ResourceSet? ConsumedBy(Info info)
    {
        try
        {
            return ResourceConversion.ConsumedBy(info);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    public void Apply(OperationEntry entry, MasterMessage.Types.ApplyOperation message)
    {
        // 1. Possible? What the master knew may be older than what the provider said since.
        var provider = desks.Providers.Find(entry.Provider!);
        var drop = provider is null ? "The resource provider is not there"
            : !provider.IsPresent ? "The resource provider is not subscribed"
            : !provider.Version.Equals(message.ResourceVersion) ? "The resource provider's resources have changed since the operation was asked for"
            : ConsumedBy(entry.Info) is not { } consumed || !desks.Providers.FreeOf(provider, entry).Contains(consumed)
                ? "The resource provider's resources do not hold what the operation needs"
            : null;
        if (drop is not null)
        {
            desks.Operations.Complete(entry, OperationState.OperationDropped, drop);
            desks.Operations.TellTotal();
            return;
        }

        // 2. A program does what it can.
        if (provider!.Stream is { } stream)
        {
            _state.Emit(new AgentEffect.SendToProvider(stream, new ProviderEvent
            {
                Type = ProviderEvent.Types.Type.ApplyOperation,
                ApplyOperation = new ProviderEvent.Types.ApplyOperation
                {
                    FrameworkId = message.FrameworkId,
                    Info = entry.Info,
                    OperationUuid = new UUID { Value = entry.Uuid },
                    ResourceVersionUuid = new UUID { Value = provider.Version },
                },
            }));
            _state.SaveAgent();
            return;
        }

        // 3. The agent's own pool.
        Begin(entry, provider);
        _state.SaveAgent();
    }

    /// <summary>The agent went down before it knew how far the disk had come: again. A program is asked when it is back.</summary>
    public void Resume(OperationEntry entry)
    {
        if (desks.Providers.Find(entry.Provider!) is not { } provider)
        {
            desks.Operations.Complete(entry, OperationState.OperationDropped, "The resource provider is gone");
        }
        else if (provider.IsBuiltIn)
        {
            Begin(entry, provider, isResumed: true);
        }
    }

    /// <summary>The shell is through with the disk or its volumes.</summary>
    public void Done(OperationEntry entry, string? problem)
    {
        var provider = desks.Providers.Find(entry.Provider!);
        if (entry.Undoing is { } why)
        {
            desks.Operations.Complete(entry, OperationState.OperationFailed, problem is null ? why : $"{why} ({problem})");
        }
        else if (problem is not null || provider is null)
        {
            desks.Operations.Complete(entry, OperationState.OperationFailed, problem ?? "The resource provider is gone");
        }
        else if (ConversionOf(entry, provider, out var changed) is { } conversion)
        {
            Finish(entry, provider, conversion.Converted);
        }
        else
        {
            Undo(entry, provider, changed ?? $"The provider does not do {entry.Info.Type}");
        }

        _state.SaveAgent();
    }

    /// <summary>What it consumed is now what it made; both with the outcome in one record.</summary>
    public void Finish(OperationEntry entry, ProviderEntry provider, ResourceSet made, UUID? statusUuid = null)
    {
        var total = new ResourceConversion(ConsumedBy(entry.Info)!, made).ApplyTo(provider.Total);
        if (total is null && provider.IsBuiltIn)
        {
            // Finished, it would be a disk that the framework knows and no book has.
            Undo(entry, provider, "The pool does not hold any more what the operation was to consume");
            return;
        }

        // A program has said meanwhile itself what it has.
        provider.Total = total ?? provider.Total;
        desks.Operations.Complete(entry, OperationState.OperationFinished, message: null, made, statusUuid);
    }

    // It stays under way until what there may be of a disk is gone.
    private void Undo(OperationEntry entry, ProviderEntry provider, string why)
    {
        if (entry.Info.Type != OperationType.CreateDisk)
        {
            desks.Operations.Complete(entry, OperationState.OperationFailed, why);
            return;
        }

        entry.Undoing = why;
        _state.Emit(new AgentEffect.RemoveDisk(
            entry.Uuid, DiskOrder.Unknown(StoragePool.IdOf(entry.Uuid), provider.Id, provider.PoolDirectory)));
    }

    private void Begin(OperationEntry entry, ProviderEntry provider, bool isResumed = false)
    {
        if (ConversionOf(entry, provider, out var problem) is not { } conversion)
        {
            problem ??= $"The provider does not do {entry.Info.Type}";
            if (isResumed)
            {
                Undo(entry, provider, problem);
            }
            else
            {
                desks.Operations.Complete(entry, OperationState.OperationFailed, problem);
            }

            return;
        }

        var isTaken = entry.Info.Type is OperationType.Destroy or OperationType.DestroyDisk && desks.Operations.IsUsed(conversion.Consumed);
        if (isTaken)
        {
            desks.Operations.Complete(entry, OperationState.OperationFailed, "A volume or disk is used by a task");
            return;
        }

        switch (entry.Info.Type)
        {
            case OperationType.Create:
                _state.Emit(new AgentEffect.MakeVolumes(entry.Uuid, entry.Info.Create.Volumes));
                break;
            case OperationType.Destroy:
                _state.Emit(new AgentEffect.RemoveVolumes(entry.Uuid, entry.Info.Destroy.Volumes));
                break;
            case OperationType.CreateDisk:
                _state.Emit(new AgentEffect.MakeDisk(entry.Uuid, OrderOf(conversion.Converted, provider)));
                break;
            case OperationType.DestroyDisk:
                _state.Emit(new AgentEffect.RemoveDisk(entry.Uuid, OrderOf(conversion.Consumed, provider)));
                break;
            default:
                Finish(entry, provider, conversion.Converted);
                break;
        }
    }

    private static DiskOrder OrderOf(ResourceSet disk, ProviderEntry provider) =>
        DiskOrder.Of(disk.ToWire()[0], provider.PoolDirectory)
        ?? throw new InvalidOperationException($"{disk} is no disk of a pool");

    private ResourceConversion? ConversionOf(OperationEntry entry, ProviderEntry provider, out string? problem)
    {
        problem = null;
        var config = provider.Config;
        switch (entry.Info.Type)
        {
            case OperationType.CreateDisk when config is not null:
                return StoragePool.Create(entry.Info.CreateDisk, entry.Uuid, config, _state.Profiles, out problem);
            case OperationType.CreateDisk when provider.IsBuiltIn:
                problem = "The resource provider's configuration was removed";
                return null;
            case OperationType.DestroyDisk when provider.IsBuiltIn:
                var disk = entry.Info.DestroyDisk.Source;
                problem = DiskOrder.Of(disk, provider.PoolDirectory) is null ? "The source is no disk of the pool" : null;
                return problem is null ? StoragePool.Destroy(disk, config?.Profile) : null;
            case OperationType.Create when entry.Info.Create.Volumes.Any(static volume => volume.Disk is not { Source.HasId: true }):
                problem = "A persistent volume needs a disk of the pool: CREATE_DISK makes one";
                return null;
            case OperationType.Create or OperationType.Destroy or OperationType.Reserve or OperationType.Unreserve:
                return ResourceConversion.Of(entry.Info);
            default:
                return null;
        }
    }
}
