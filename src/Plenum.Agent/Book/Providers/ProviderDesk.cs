using Google.Protobuf;
using Plenum.Agent.Book.Checkpoints;
using Plenum.Agent.Book.Operations;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using ProviderEvent = Plenum.Protocol.V1.ResourceProvider.Event;

namespace Plenum.Agent.Book.Providers;

/// <summary>
/// Which resource providers there are and what the master is told of them. One that is not there (its program is gone, its
/// configuration was taken away) keeps what it has in the book; the master is told only of what tasks and operations hold.
/// </summary>
internal sealed class ProviderDesk(Desks desks)
{
    /// <summary>Providers of one agent, gone ones included until an operator says that they stay gone. DC/OS ran one or two.</summary>
    public const int MaxProviders = 64;

    private readonly BookState _state = desks.State;
    private bool _changed;

    public ProviderEntry? Find(string id) => _state.Providers.GetValueOrDefault(id);

    /// <summary>From now on these pools are there, and no other built-in ones.</summary>
    public void Configure(IReadOnlyList<StorageProviderConfig> configs, IReadOnlyList<DiskProfile> profiles)
    {
        _state.Profiles = profiles;
        foreach (var provider in _state.Providers.Values.Where(static provider => provider.IsBuiltIn).ToList())
        {
            var config = configs.FirstOrDefault(config => IsOf(provider, config));
            if (config is null && !StoragePool.IsTaken(provider.Total) && !HasOperations(provider))
            {
                _state.Providers.Remove(provider.Id);
                _changed = true;
            }
            else if (config is null || !Equals(config.Info, provider.Config?.Info))
            {
                Apply(provider, config);
            }
        }

        foreach (var config in configs)
        {
            if (_state.Providers.Count < MaxProviders && !_state.Providers.Values.Any(provider => IsOf(provider, config)))
            {
                Apply(Add(config.Info, isBuiltIn: true), config);
            }
        }

        if (_changed)
        {
            _state.SaveAgent();
        }
    }

    /// <summary>A pool of this agent has what its configuration and what is taken of it leave.</summary>
    public void Fit(ProviderEntry provider)
    {
        if (provider.Config is not { } config)
        {
            return;
        }

        var fitted = StoragePool.Fit(provider.Total, provider.Total - FreeOf(provider), provider.Id, config);
        if (!fitted.Equals(provider.Total))
        {
            provider.Version = NewVersion();
            provider.Total = fitted;
            _changed = true;
        }
    }

    public ProviderEntry Add(ResourceProviderInfo info, bool isBuiltIn)
    {
        var id = _state.MintName();
        var named = info.Clone();
        named.Id = new ResourceProviderID { Value = id };
        var provider = new ProviderEntry { Id = id, Info = named, IsBuiltIn = isBuiltIn, Version = NewVersion() };
        _state.Providers.Add(id, provider);
        return provider;
    }

    public void Recover(ProviderCheckpoint record) => _state.Providers[record.Info.Id.Value] = new ProviderEntry
    {
        Id = record.Info.Id.Value,
        Info = record.Info,
        IsBuiltIn = record.BuiltIn,
        Version = record.ResourceVersion,
        Total = ResourceSet.FromWire(record.Resources),
    };

    /// <summary>Null, or why it cannot be forgotten.</summary>
    public string? Forget(ProviderEntry provider)
    {
        var held = HeldOf(provider);
        var problem = !held.IsEmpty || HasOperations(provider) ? $"Resources of the provider are in use: {held}"
            : provider is { IsBuiltIn: true, Config: not null } ? "The provider is configured on this agent: remove its configuration first"
            : provider.IsBuiltIn && StoragePool.HasDisks(provider.Total) ? "The provider has disks on this machine: destroy them first"
            : null;
        if (problem is not null)
        {
            return problem;
        }

        if (provider.Stream is { } stream)
        {
            _state.Emit(new AgentEffect.SendToProvider(stream, new ProviderEvent { Type = ProviderEvent.Types.Type.Teardown }));
            _state.Emit(new AgentEffect.CloseProvider(stream));
        }

        _state.Providers.Remove(provider.Id);
        Changed();
        return null;
    }

    /// <summary>The provider's resources are others than the master knows, and not by an operation.</summary>
    public void Changed()
    {
        _changed = true;
        _state.SaveAgent();
    }

    public bool Has(ResourceSet brought) =>
        _state.Providers.Values.Aggregate(ResourceSet.Empty, static (sum, provider) => sum + provider.Total).Contains(brought);

    /// <summary>What is left for another operation: those under way have theirs already.</summary>
    public ResourceSet FreeOf(ProviderEntry provider, OperationEntry? except = null)
    {
        var free = provider.Total;
        foreach (var operation in _state.Operations.Values)
        {
            if (operation.IsPending && operation != except && operation.Provider == provider.Id)
            {
                free -= ProviderOperationDesk.ConsumedBy(operation.Info) ?? ResourceSet.Empty;
            }
        }

        return free;
    }

    public ResourceSet Reported(ProviderEntry provider) => provider.IsPresent ? provider.Total : HeldOf(provider);

    public IEnumerable<AgentMessage.Types.ResourceProvider> Report()
    {
        _changed = false;
        foreach (var provider in _state.Providers.Values)
        {
            provider.Told = Reported(provider);
            yield return new AgentMessage.Types.ResourceProvider
            {
                Info = provider.Info,
                TotalResources = { provider.Told.ToWire() },
                ResourceVersion = provider.Version,
            };
        }
    }

    /// <summary>At the end of every command: the master learns what changed, after the outcomes that it led to.</summary>
    public void Settle()
    {
        if (_state.Link is not null && (_changed || _state.Providers.Values.Any(IsToldOtherwise)))
        {
            desks.Operations.TellTotal();
        }
    }

    // What an absent provider's task held is nobody's to offer when the task ends.
    private bool IsToldOtherwise(ProviderEntry provider) => !provider.IsPresent && !provider.Told.Equals(HeldOf(provider));

    private void Apply(ProviderEntry provider, StorageProviderConfig? config)
    {
        provider.Config = config;
        if (config is not null)
        {
            var info = config.Info.Clone();
            info.Id = new ResourceProviderID { Value = provider.Id };
            provider.Info = info;
            Fit(provider);
        }

        _changed = true;
    }

    private ResourceSet HeldOf(ProviderEntry provider)
    {
        var held = ResourceSet.Empty;
        foreach (var executor in _state.Frameworks.Values.SelectMany(static framework => framework.Executors.Values))
        {
            if (executor.State != ExecutorState.Terminated)
            {
                held += Of(executor.Info.Resources);
            }

            foreach (var task in executor.Tasks.Values)
            {
                if (!task.Terminal)
                {
                    held += Of(task.Info.Resources);
                }
            }
        }

        return held.SharedOnce + (provider.Total - FreeOf(provider));

        ResourceSet Of(IEnumerable<Resource> wire) =>
            wire.Any(resource => resource.ProviderId?.Value == provider.Id)
                ? ResourceSet.FromWire(wire).OfProvider(provider.Id).Unallocated
                : ResourceSet.Empty;
    }

    private bool HasOperations(ProviderEntry provider) =>
        _state.Operations.Values.Any(operation => operation.IsPending && operation.Provider == provider.Id);

    /// <summary>A pool is its directory too: one of the same name elsewhere has none of the disks.</summary>
    private static bool IsOf(ProviderEntry provider, StorageProviderConfig config) =>
        provider.IsBuiltIn && provider.Info.Type == config.Type && provider.Info.Name == config.Name
        && provider.PoolDirectory == config.Directory;

    private ByteString NewVersion() => ByteString.CopyFrom(_state.Mint());
}
