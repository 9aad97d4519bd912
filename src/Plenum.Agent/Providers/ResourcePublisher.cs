using System.Collections.Concurrent;
using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Http;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.ResourceProvider;
using PublishStatus = Plenum.Protocol.V1.ResourceProvider.Call.Types.UpdatePublishResourcesStatus;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Providers;

/// <summary>
/// Before a container starts, the programs that bring its resources make them ready on this machine: each is told all of its
/// resources that are in use from now on, and answers.
/// </summary>
internal sealed class ResourcePublisher(AgentLoop loop, EventStreams<Event> streams, TimeProvider clock)
{
    /// <summary>A program that attaches a volume over the network is given this long; the task fails then and can be tried again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<ByteString, TaskCompletionSource<bool>> _waiting = new();

    /// <exception cref="ContainerLaunchException">A provider is not there or says no.</exception>
    public async Task PublishAsync(IReadOnlyList<Resource> resources, CancellationToken cancellationToken)
    {
        var wanted = resources.Where(static resource => resource.ProviderId is not null)
            .Select(static resource => resource.ProviderId.Value)
            .ToHashSet(StringComparer.Ordinal);
        if (wanted.Count == 0)
        {
            return;
        }

        var snapshot = await loop.SnapshotAsync(cancellationToken);
        foreach (var id in wanted)
        {
            var provider = snapshot.Providers.FirstOrDefault(known => known.Info.Id.Value == id)
                ?? throw Impossible($"The resource provider {id} of the task's resources is not on this agent");
            if (!provider.IsBuiltIn)
            {
                await PublishAsync(provider, InUse(snapshot, id), cancellationToken);
            }
        }
    }

    /// <summary>The answer of a program.</summary>
    public void Answered(PublishStatus status)
    {
        if (_waiting.TryRemove(status.Uuid.Value, out var waiting))
        {
            waiting.TrySetResult(status.Status == PublishStatus.Types.Status.Ok);
        }
    }

    private async Task PublishAsync(ProviderSnapshot provider, IEnumerable<Resource> resources, CancellationToken cancellationToken)
    {
        var name = $"{provider.Info.Type}.{provider.Info.Name}";
        if (provider.Stream is not { } stream)
        {
            throw Impossible($"The resource provider {name} is not subscribed: start it, the task's resources are its own");
        }

        var uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[uuid] = answer;
        try
        {
            streams.Send(stream, new Event
            {
                Type = Event.Types.Type.PublishResources,
                PublishResources = new Event.Types.PublishResources { Uuid = new UUID { Value = uuid }, Resources = { resources } },
            });
            if (!await answer.Task.WaitAsync(Patience, clock, cancellationToken))
            {
                throw Impossible($"The resource provider {name} could not make the task's resources ready");
            }
        }
        catch (TimeoutException)
        {
            throw Impossible($"The resource provider {name} did not make the task's resources ready within {Patience}");
        }
        finally
        {
            _waiting.TryRemove(uuid, out _);
        }
    }

    // The book had this launch's task before it asked for its container.
    private static IEnumerable<Resource> InUse(AgentSnapshot snapshot, string provider) => snapshot.Executors
        .SelectMany(static pair => pair.Executor.Info.Resources
            .Concat(pair.Executor.Tasks.Where(static task => !task.Terminated).SelectMany(static task => task.Info.Resources)))
        .Where(resource => resource.ProviderId?.Value == provider);

    private static ContainerLaunchException Impossible(string message) => new(message);
}
