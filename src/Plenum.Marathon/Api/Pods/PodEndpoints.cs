using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Api.Pods;

internal sealed class PodEndpoints(PodChanges changes)
{
    /// <summary>200 and nothing else: by this the DC/OS command line finds out that there are pods.</summary>
    public static ApiAnswer Probe(ApiCall call)
    {
        _ = call;
        return new ApiAnswer(200);
    }

    public static ApiAnswer List(ApiCall call) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartArray();
        foreach (var pod in call.Snapshot.Root.AllPods)
        {
            PodWriter.Write(writer, pod);
        }

        writer.WriteEndArray();
    });

    public static ApiAnswer Show(ApiCall call) =>
        Find(call) is { } pod ? ApiAnswer.Ok(writer => PodWriter.Write(writer, pod)) : NoSuchPod(call);

    public static ApiAnswer ListStatus(ApiCall call) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartArray();
        var view = new PodStatusView(call.Snapshot);
        foreach (var pod in call.Snapshot.Root.AllPods)
        {
            view.Write(writer, pod);
        }

        writer.WriteEndArray();
    });

    public static ApiAnswer ShowStatus(ApiCall call) =>
        Find(call) is { } pod
            ? ApiAnswer.Ok(writer => new PodStatusView(call.Snapshot).Write(writer, pod))
            : NoSuchPod(call);

    public static ApiAnswer Versions(ApiCall call)
    {
        if (Find(call) is not { } pod)
        {
            return NoSuchPod(call);
        }

        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartArray();
            foreach (var version in call.Snapshot.VersionsOf(pod.Id).OfType<PodDefinition>())
            {
                writer.WriteStringValue(version.Version.ToString());
            }

            writer.WriteEndArray();
        });
    }

    public static ApiAnswer Version(ApiCall call)
    {
        if (!Timestamp.TryParse(call.Argument, out var version))
        {
            return new ApiProblem(422, $"Invalid format: '{call.Argument}' is not a timestamp");
        }

        return call.TryGetId(out var id, out _) && call.Snapshot.FindVersion(id, version) is PodDefinition pod
            ? ApiAnswer.Ok(writer => PodWriter.Write(writer, pod))
            : ApiProblem.NotFound($"Pod '{call.IdText}' does not exist in version {version}");
    }

    public async Task<ApiAnswer> CreateAsync(ApiCall call)
    {
        var (update, problem) = await call.ReadAsync(PodReader.Read);
        if (update is null)
        {
            return problem!;
        }

        var id = update.Pod.Id;
        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(id.Parent, (root, version) => changes.Create(root, update, version))
            {
                Force = call.Flag("force"),
                DryRun = call.Flag("dryRun"),
            },
            call.Aborted);
        return ApiAnswer.From(result, deployed =>
        {
            call.Marathon.Events.Publish(new MarathonEvent.PodCreated(call.Now, call.RemoteAddress, UriOf(call)));
            return Written(deployed, id, 201) with { Location = id.Text };
        });
    }

    public async Task<ApiAnswer> PutAsync(ApiCall call)
    {
        if (!call.TryGetId(out var id, out var idProblem))
        {
            return idProblem!;
        }

        var (update, problem) = await call.ReadAsync(PodReader.Read);
        if (update is null)
        {
            return problem!;
        }

        if (update.Pod.Id != id)
        {
            return new ApiProblem(400, $"'{id}' does not match definition's id ('{update.Pod.Id}')");
        }

        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(id.Parent, (root, version) => changes.Put(root, update, version))
            {
                Force = call.Flag("force"),
                DryRun = call.Flag("dryRun"),
            },
            call.Aborted);
        return ApiAnswer.From(result, deployed =>
        {
            call.Marathon.Events.Publish(new MarathonEvent.PodUpdated(call.Now, call.RemoteAddress, UriOf(call)));
            return Written(deployed, id, 200);
        });
    }

    /// <summary>Without force unless it is asked for; the answer has no body, and its location is the deployment's id.</summary>
    public static async Task<ApiAnswer> DeleteAsync(ApiCall call)
    {
        if (Find(call) is not { } pod)
        {
            return NoSuchPod(call);
        }

        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(pod.Id.Parent, (root, version) => PodChanges.Delete(root, pod.Id, version)) { Force = call.Flag("force") },
            call.Aborted);
        return ApiAnswer.From(result, deployed =>
        {
            call.Marathon.Events.Publish(new MarathonEvent.PodDeleted(call.Now, call.RemoteAddress, UriOf(call)));
            return new ApiAnswer(202) { DeploymentId = deployed.DeploymentId, Location = deployed.DeploymentId };
        });
    }

    /// <summary>The original has no such call, yet DC/OS' dashboard makes it.</summary>
    public static async Task<ApiAnswer> RestartAsync(ApiCall call)
    {
        if (Find(call) is not { } pod)
        {
            return NoSuchPod(call);
        }

        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(pod.Id.Parent, (root, _) => PodChanges.Restart(root, pod.Id))
            {
                Force = call.Flag("force"),
                Restart = [pod.Id],
            },
            call.Aborted);
        return ApiAnswer.From(result);
    }

    internal static PodDefinition? Find(ApiCall call) =>
        call.TryGetId(out var id, out _) ? call.Snapshot.Root.FindPod(id) : null;

    internal static ApiAnswer NoSuchPod(ApiCall call) => ApiProblem.NotFound($"Pod '{call.IdText}' does not exist");

    private static ApiAnswer Written(RootUpdateResult.Deployed deployed, PathId id, int status) => new(status)
    {
        DeploymentId = deployed.DeploymentId,
        Json = writer => PodWriter.Write(writer, deployed.Root.FindPod(id)!),
    };

    private static string UriOf(ApiCall call) => call.Context.Request.Path.Value ?? "/";
}
