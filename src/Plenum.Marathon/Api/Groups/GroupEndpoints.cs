using Plenum.Marathon.Api.Apps;
using Plenum.Marathon.Api.Selection;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Marathon.Api.Groups;

internal sealed class GroupEndpoints(GroupChanges changes)
{
    public static ApiAnswer Show(ApiCall call)
    {
        if (FindGroup(call) is not { } group)
        {
            return NoSuchGroup(call);
        }

        var parts = EmbedNames.ReadGroup(call.Parameters("embed"));
        return ApiAnswer.Ok(writer => new GroupView(call.Snapshot, call.Now, parts).Write(writer, group));
    }

    public static ApiAnswer Apps(ApiCall call)
    {
        if (FindGroup(call) is not { } group)
        {
            return NoSuchGroup(call);
        }

        var parts = EmbedNames.ReadApp(call.Parameters("embed"));
        return ApiAnswer.Ok(writer => new AppView(call.Snapshot, call.Now).WriteAll(writer, group.AllApps, parts));
    }

    public static ApiAnswer Versions(ApiCall call)
    {
        if (!call.TryGetId(out var id, out _) || FindGroup(call) is null)
        {
            return NoSuchGroup(call);
        }

        var versions = call.Snapshot.RootVersions
            .Select(root => root.FindGroup(id)?.Version)
            .OfType<Timestamp>()
            .Distinct();
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartArray();
            foreach (var version in versions)
            {
                writer.WriteStringValue(version.ToString());
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

        return call.TryGetId(out var id, out _) && FindStored(call.Snapshot, id, version) is { } group
            ? ApiAnswer.Ok(writer => new GroupView(call.Snapshot, call.Now, GroupParts.Default).Write(writer, group))
            : ApiProblem.NotFound($"Group '{call.IdText}' does not exist in version {version}");
    }

    public async Task<ApiAnswer> CreateAsync(ApiCall call)
    {
        if (!call.TryGetId(out var origin, out var idProblem))
        {
            return idProblem!;
        }

        var (update, problem) = await call.ReadAsync(field => GroupReader.Read(field, origin));
        if (update is null)
        {
            return problem!;
        }

        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(update.Id, (root, version) => changes.Create(root, update, version)) { Force = call.Flag("force") },
            call.Aborted);
        return ApiAnswer.From(result, deployed => ApiAnswer.Deployed(deployed, 201, update.Id));
    }

    public async Task<ApiAnswer> PutAsync(ApiCall call)
    {
        if (!call.TryGetId(out var id, out var idProblem))
        {
            return idProblem!;
        }

        // Without an id in the path the document's own is taken, and without that the root.
        var (update, problem) = await call.ReadAsync(
            field => GroupReader.Read(field, id, id.IsRoot && field["id"].IsPresent ? null : id));
        if (update is null)
        {
            return problem!;
        }

        var stored = update.Version is { } version ? FindStored(call.Snapshot, update.Id, version) : null;
        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(update.Id, (root, now) => changes.Update(root, update, stored, now))
            {
                Force = call.Flag("force"),
                DryRun = call.Flag("dryRun"),
            },
            call.Aborted);
        return ApiAnswer.From(result);
    }

    /// <summary>Exists for the role switch alone; it starts no deployment and answers nothing.</summary>
    public static async Task<ApiAnswer> PatchAsync(ApiCall call)
    {
        if (!call.TryGetId(out var id, out var idProblem))
        {
            return idProblem!;
        }

        var (update, problem) = await call.ReadAsync(field => GroupReader.Read(field, id, id));
        if (update is null)
        {
            return problem!;
        }

        if (update.EnforceRole is not { } enforce)
        {
            return ApiProblem.Invalid("/enforceRole", "error.path.missing");
        }

        if (id.IsRoot || !id.Parent.IsRoot)
        {
            return ApiProblem.Invalid("/enforceRole", "may be set on groups directly under the root only");
        }

        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(id, (root, version) => GroupChanges.EnforceRole(root, id, enforce, version)),
            call.Aborted);
        return ApiAnswer.From(result, _ => new ApiAnswer(200));
    }

    public static async Task<ApiAnswer> DeleteAsync(ApiCall call)
    {
        if (!call.TryGetId(out var id, out _))
        {
            return NoSuchGroup(call);
        }

        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(id, (root, version) => GroupChanges.Delete(root, id, version)) { Force = call.Flag("force") },
            call.Aborted);
        return ApiAnswer.From(result);
    }

    // Both the time of a root and the time of the group's own last change name a version.
    private static Group? FindStored(MarathonSnapshot snapshot, PathId id, Timestamp version) =>
        snapshot.RootVersions
            .Where(root => root.Version == version)
            .Concat(snapshot.RootVersions)
            .Select(root => (root, group: root.FindGroup(id)))
            .FirstOrDefault(found => found.group is not null
                && (found.root.Version == version || found.group.Version == version))
            .group;

    private static Group? FindGroup(ApiCall call) =>
        call.TryGetId(out var id, out _) ? call.Snapshot.Root.FindGroup(id) : null;

    private static ApiAnswer NoSuchGroup(ApiCall call) => ApiProblem.NotFound($"Group '{call.IdText}' does not exist");
}
