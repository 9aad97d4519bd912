using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Api.Pods;

/// <summary>Instances of a pod, killed by their ids: all their containers at once.</summary>
internal static class PodInstanceEndpoints
{
    /// <summary>Ids in one request; beyond that a client should delete or scale the pod.</summary>
    public const int MaxIds = 10_000;

    public static async Task<ApiAnswer> KillOneAsync(ApiCall call)
    {
        if (PodEndpoints.Find(call) is not { } pod)
        {
            return PodEndpoints.NoSuchPod(call);
        }

        var killed = await KillAsync(call, pod, [call.Argument]);
        return killed.IsEmpty
            ? ApiProblem.NotFound($"Instance '{call.Argument}' does not exist")
            : ApiAnswer.Ok(writer => InstanceView.Write(writer, killed[0], call.Snapshot.DefinitionOf(killed[0])));
    }

    /// <summary>The ids stand in the body, as clients of this call send them although it is a DELETE.</summary>
    public static async Task<ApiAnswer> KillManyAsync(ApiCall call)
    {
        if (PodEndpoints.Find(call) is not { } pod)
        {
            return PodEndpoints.NoSuchPod(call);
        }

        var (ids, problem) = await call.ReadAsync(ReadIds);
        if (ids is null)
        {
            return problem!;
        }

        var killed = await KillAsync(call, pod, ids);
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartArray();
            foreach (var instance in killed)
            {
                InstanceView.Write(writer, instance, call.Snapshot.DefinitionOf(instance));
            }

            writer.WriteEndArray();
        });
    }

    // Instances that are gone are left out, as with tasks.
    private static async Task<ImmutableArray<Instance>> KillAsync(ApiCall call, PodDefinition pod, IEnumerable<string> ids)
    {
        var runtime = call.Snapshot.FindRuntime(pod.Id);
        ImmutableArray<InstanceId> known = [.. ids.Select(id => new InstanceId(id)).Where(id => runtime?.Instances.ContainsKey(id) == true)];
        return known.IsEmpty
            ? []
            : await call.Marathon.KillTasksAsync(new KillTasks(known) { Wipe = call.Flag("wipe") }, call.Aborted) switch
            {
                KillTasksResult.Killing killing => killing.Instances,
                var unknown => throw new InvalidOperationException($"{unknown} is no answer to a kill without scale"),
            };
    }

    private static ValueList<string> ReadIds(JsonField field)
    {
        var texts = field.Texts() ?? [];
        if (texts.Count > MaxIds)
        {
            field.Refuse($"must not have more than {MaxIds} entries");
        }

        return texts;
    }
}
