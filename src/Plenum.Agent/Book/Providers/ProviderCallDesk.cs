using Plenum.Agent.Book.Operations;
using Plenum.Agent.Book.State;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.ResourceProvider;

namespace Plenum.Agent.Book.Providers;

/// <summary>
/// Programs that bring resources to this agent (mesos-wire.md 10). They repeat the outcome of an operation until it
/// is acknowledged; the agent has it on its own disk from the first time on and repeats it to the master by itself.
/// </summary>
internal sealed class ProviderCallDesk(Desks desks)
{
    private const int Accepted = 202;
    private const int Ok = 200;
    private const int BadRequest = 400;
    private const int Forbidden = 403;
    private const int NotFound = 404;
    private const int Conflict = 409;
    private const int Unavailable = 503;

    private readonly BookState _state = desks.State;

    public void Subscribe(long stream, ResourceProviderInfo info)
    {
        var provider = info.Id is { } id ? desks.Providers.Find(id.Value) : null;
        if (_state.Agent is null)
        {
            Reply(stream, Unavailable, "The agent is not registered yet: its resource providers come after");
            return;
        }

        var problem = info.Id is not null && provider is null ? $"The agent knows no resource provider '{info.Id.Value}': subscribe without an id"
            : provider is { IsBuiltIn: true } || _state.Providers.Values.Any(known => known.IsBuiltIn && IsNamed(known, info))
                ? "The agent runs this resource provider itself"
            : provider is not null && !IsNamed(provider, info) ? "A resource provider cannot change its type or name"
            : provider is null && _state.Providers.Count >= ProviderDesk.MaxProviders
                ? $"The agent has {ProviderDesk.MaxProviders} resource providers: mark one gone that does not come back"
            : null;
        if (problem is not null)
        {
            Reply(stream, BadRequest, problem);
            return;
        }

        if (provider is null)
        {
            provider = desks.Providers.Add(info, isBuiltIn: false);
        }
        else if (provider.Stream is { } old)
        {
            // The newest subscription is the program's; the other is one that nobody has noticed to be broken.
            _state.Emit(new AgentEffect.CloseProvider(old));
        }

        var named = info.Clone();
        named.Id = new ResourceProviderID { Value = provider.Id };
        provider.Info = named;
        provider.Stream = stream;
        provider.HasSpoken = false;
        desks.Providers.Changed();
        Reply(stream, Ok, message: null);
        _state.Emit(new AgentEffect.SendToProvider(stream, new Event
        {
            Type = Event.Types.Type.Subscribed,
            Subscribed = new Event.Types.Subscribed { ProviderId = named.Id },
        }));
    }

    public void StreamClosed(long stream)
    {
        if (_state.Providers.Values.FirstOrDefault(provider => provider.Stream == stream) is { } provider)
        {
            provider.Stream = null;
            provider.HasSpoken = false;
            desks.Providers.Changed();
        }
    }

    /// <param name="request">To be answered.</param>
    /// <param name="stream">The subscription that the caller named; null when it named none that there is.</param>
    /// <param name="call">Anything but SUBSCRIBE.</param>
    public void Call(long request, long? stream, Call call)
    {
        if (call.ResourceProviderId is not { } id || desks.Providers.Find(id.Value) is not { Stream: { } current } provider)
        {
            Reply(request, Forbidden, "The resource provider is not subscribed");
            return;
        }

        if (stream != current)
        {
            Reply(request, BadRequest, "The stream id is not that of the resource provider's subscription");
            return;
        }

        var problem = call.Type switch
        {
            Protocol.V1.ResourceProvider.Call.Types.Type.UpdateState => UpdateState(provider, current, call.UpdateState),
            Protocol.V1.ResourceProvider.Call.Types.Type.UpdateOperationStatus => UpdateOperation(provider, current, call.UpdateOperationStatus),
            _ => $"The agent does not know the call {call.Type}",
        };
        Reply(request, problem is null ? Accepted : BadRequest, problem);
    }

    /// <summary>An operator's word; Mesos too refuses it while anything of the provider is in use.</summary>
    public void Gone(long request, string id)
    {
        if (desks.Providers.Find(id) is not { } provider)
        {
            Reply(request, NotFound, $"The agent knows no resource provider '{id}'");
        }
        else if (desks.Providers.Forget(provider) is { } problem)
        {
            Reply(request, Conflict, problem);
        }
        else
        {
            Reply(request, Ok, message: null);
        }
    }

    /// <summary>The outcome reached the framework: the program may forget it.</summary>
    public void Acknowledged(OperationEntry entry)
    {
        if (entry.Provider is { } id && desks.Providers.Find(id) is { Stream: { } stream })
        {
            SendAcknowledgement(stream, entry.Uuid, entry.Status.Uuid.Value);
        }
    }

    private string? UpdateState(ProviderEntry provider, long stream, Call.Types.UpdateState update)
    {
        // All of it before any of it counts: what cannot be read must not stop the book in the middle.
        var problem = Problem(provider, update.Resources)
            ?? update.Operations
                .Select(operation => Problem(provider, operation.LatestStatus.ConvertedResources))
                .FirstOrDefault(static problem => problem is not null);
        if (problem is not null)
        {
            return problem;
        }

        provider.Total = ResourceSet.FromWire(update.Resources).Unallocated;
        provider.Version = update.ResourceVersionUuid.Value;
        provider.HasSpoken = true;
        var named = new HashSet<Google.Protobuf.ByteString>();
        foreach (var operation in update.Operations)
        {
            named.Add(operation.Uuid.Value);
            if (_state.Operations.TryGetValue(operation.Uuid.Value, out var entry)
                && entry.IsPending
                && entry.Provider == provider.Id
                && IsOutcome(operation.LatestStatus.State))
            {
                // What it made is in the resources that came with it.
                desks.Operations.Complete(
                    entry,
                    operation.LatestStatus.State,
                    operation.LatestStatus.HasMessage ? operation.LatestStatus.Message : null,
                    ResourceSet.FromWire(operation.LatestStatus.ConvertedResources).Unallocated,
                    operation.LatestStatus.Uuid);
            }
        }

        AskForUnnamed(provider, stream, named);
        desks.Providers.Changed();
        return null;
    }

    // Sent to a program that died before it took note of it, or told on a stream that broke.
    private void AskForUnnamed(ProviderEntry provider, long stream, HashSet<Google.Protobuf.ByteString> named)
    {
        var ask = new Event.Types.ReconcileOperations();
        ask.OperationUuids.AddRange(_state.Operations.Values
            .Where(entry => entry.IsPending && entry.Provider == provider.Id && !named.Contains(entry.Uuid))
            .Select(static entry => new UUID { Value = entry.Uuid }));
        if (ask.OperationUuids.Count > 0)
        {
            _state.Emit(new AgentEffect.SendToProvider(
                stream, new Event { Type = Event.Types.Type.ReconcileOperations, ReconcileOperations = ask }));
        }
    }

    private string? UpdateOperation(ProviderEntry provider, long stream, Call.Types.UpdateOperationStatus update)
    {
        var status = update.LatestStatus ?? update.Status;
        if (Problem(provider, status.ConvertedResources) is { } problem)
        {
            return problem;
        }

        if (!_state.Operations.TryGetValue(update.OperationUuid.Value, out var entry) || entry.Provider != provider.Id)
        {
            // Acknowledged long ago, and the program did not hear it.
            if (update.Status.Uuid is { } known)
            {
                SendAcknowledgement(stream, update.OperationUuid.Value, known.Value);
            }

            return null;
        }

        if (!entry.IsPending || !IsOutcome(status.State))
        {
            return null;
        }

        if (status.State != OperationState.OperationFinished)
        {
            desks.Operations.Complete(
                entry, status.State, status.HasMessage ? status.Message : null, converted: null, update.Status.Uuid);
            _state.SaveAgent();
            return null;
        }

        var made = ResourceSet.FromWire(status.ConvertedResources).Unallocated;
        if (made.IsEmpty)
        {
            // Reservations and volumes say themselves what comes of them.
            if (ResourceConversion.Of(entry.Info) is not { } conversion)
            {
                return $"A finished {entry.Info.Type} needs 'converted_resources'";
            }

            made = conversion.Converted;
        }

        desks.ProviderOperations.Finish(entry, provider, made, update.Status.Uuid);
        _state.SaveAgent();
        return null;
    }

    private static string? Problem(ProviderEntry provider, IEnumerable<Resource> resources) =>
        ResourceSet.Validate(resources)
        ?? (resources.Any(resource => resource.ProviderId?.Value != provider.Id)
            ? $"Every resource needs the provider_id {provider.Id}"
            : null);

    private static bool IsOutcome(OperationState state) => state is OperationState.OperationFinished
        or OperationState.OperationFailed or OperationState.OperationError or OperationState.OperationDropped;

    private void SendAcknowledgement(long stream, Google.Protobuf.ByteString operation, Google.Protobuf.ByteString status) =>
        _state.Emit(new AgentEffect.SendToProvider(stream, new Event
        {
            Type = Event.Types.Type.AcknowledgeOperationStatus,
            AcknowledgeOperationStatus = new Event.Types.AcknowledgeOperationStatus
            {
                OperationUuid = new UUID { Value = operation }, StatusUuid = new UUID { Value = status },
            },
        }));

    private void Reply(long request, int status, string? message) => _state.Emit(new AgentEffect.ReplyToProvider(request, status, message));

    private static bool IsNamed(ProviderEntry provider, ResourceProviderInfo info) =>
        provider.Info.Type == info.Type && provider.Info.Name == info.Name;
}
