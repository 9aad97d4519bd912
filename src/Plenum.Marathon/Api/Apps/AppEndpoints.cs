using System.Collections.Immutable;
using Plenum.Marathon.Api.Selection;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Writing;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Api.Apps;

internal sealed class AppEndpoints(AppChanges changes)
{
    private const AppParts DetailParts = AppParts.Counts | AppParts.Tasks | AppParts.LastTaskFailure | AppParts.Deployments;

    public static ApiAnswer List(ApiCall call)
    {
        var (filter, problem) = AppFilter.Read(call);
        if (filter is null)
        {
            return problem!;
        }

        var parts = EmbedNames.ReadApp(call.Parameters("embed")) | AppParts.Counts | AppParts.Deployments;
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("apps");
            new AppView(call.Snapshot, call.Now).WriteAll(writer, call.Snapshot.Root.AllApps.Where(filter.Matches), parts);
            writer.WriteEndObject();
        });
    }

    public static ApiAnswer Show(ApiCall call)
    {
        if (FindApp(call) is not { } app)
        {
            return ApiProblem.NotFound($"App '{call.IdText}' does not exist");
        }

        var parts = EmbedNames.ReadApp(call.Parameters("embed")) | DetailParts;
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("app");
            new AppView(call.Snapshot, call.Now).Write(writer, app, parts);
            writer.WriteEndObject();
        });
    }

    /// <summary>Everything under a group; the answer's only member is literally <c>*</c>.</summary>
    public static ApiAnswer ShowAllBelow(ApiCall call)
    {
        if (!call.TryGetId(out var id, out _) || call.Snapshot.Root.FindGroup(id) is not { } group)
        {
            return ApiProblem.NotFound($"Group '{call.IdText}' does not exist");
        }

        var parts = EmbedNames.ReadApp(call.Parameters("embed")) | AppParts.Counts | AppParts.Deployments;
        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            writer.WritePropertyName("*");
            new AppView(call.Snapshot, call.Now).WriteAll(writer, group.AllApps, parts);
            writer.WriteEndObject();
        });
    }

    public async Task<ApiAnswer> CreateAsync(ApiCall call)
    {
        var (update, problem) = await call.ReadAsync(ReadWithId);
        if (update is null)
        {
            return problem!;
        }

        AppDefinition? created = null;
        var id = update.Id!.Value;
        var result = await call.Marathon.UpdateRootAsync(
            Update(call, id.Parent, Change, [id]),
            call.Aborted);
        return ApiAnswer.From(result, deployed =>
        {
            // Service ports show what was submitted: they are assigned when the change is made, after this answer
            // was composed in the original, and clients read them with the next request.
            var shown = created! with { Version = deployed.Version };
            return ApiAnswer.Deployed(deployed, 201, id) with
            {
                Json = writer => AppView.WriteCreated(writer, shown, deployed.DeploymentId),
            };
        });

        RootChange Change(Group root, Timestamp version)
        {
            var change = changes.Create(root, update, version);
            created = (change as RootChange.Accepted)?.Root.FindApp(id);
            return change;
        }
    }

    public Task<ApiAnswer> PutAsync(ApiCall call) => UpdateOneAsync(call, call.Flag("partialUpdate", otherwise: true), mayCreate: true);

    public Task<ApiAnswer> PatchAsync(ApiCall call) => UpdateOneAsync(call, partial: true, mayCreate: false);

    public Task<ApiAnswer> PutManyAsync(ApiCall call) => UpdateManyAsync(call, call.Flag("partialUpdate", otherwise: true), mayCreate: true);

    public Task<ApiAnswer> PatchManyAsync(ApiCall call) => UpdateManyAsync(call, partial: true, mayCreate: false);

    public static async Task<ApiAnswer> DeleteAsync(ApiCall call)
    {
        if (FindApp(call) is not { } app)
        {
            return ApiProblem.NotFound($"App '{call.IdText}' does not exist");
        }

        // The one call that forces by default.
        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(app.Id.Parent, (root, version) => AppChanges.Delete(root, app.Id, version))
            {
                Force = call.Flag("force", otherwise: true),
                DryRun = call.Flag("dryRun"),
            },
            call.Aborted);
        return ApiAnswer.From(result);
    }

    public static async Task<ApiAnswer> RestartAsync(ApiCall call)
    {
        if (FindApp(call) is not { } app)
        {
            return ApiProblem.NotFound($"App '{call.IdText}' does not exist");
        }

        var result = await call.Marathon.UpdateRootAsync(
            new RootUpdate(app.Id.Parent, (root, _) => AppChanges.Restart(root, app.Id))
            {
                Force = call.Flag("force"),
                DryRun = call.Flag("dryRun"),
                Restart = ImmutableArray.Create(app.Id),
            },
            call.Aborted);
        return ApiAnswer.From(result);
    }

    public static ApiAnswer Versions(ApiCall call)
    {
        if (FindApp(call) is not { } app)
        {
            return ApiProblem.NotFound($"App '{call.IdText}' does not exist");
        }

        return ApiAnswer.Ok(writer =>
        {
            writer.WriteStartObject();
            writer.WriteTexts(
                "versions",
                [.. call.Snapshot.VersionsOf(app.Id).OfType<AppDefinition>().Select(version => version.Version.ToString())]);
            writer.WriteEndObject();
        });
    }

    /// <summary>A stored version, without the wrapper that the current one has.</summary>
    public static ApiAnswer Version(ApiCall call)
    {
        if (!Timestamp.TryParse(call.Argument, out var version))
        {
            return new ApiProblem(422, $"Invalid format: '{call.Argument}' is not a timestamp");
        }

        return call.TryGetId(out var id, out _) && call.Snapshot.FindVersion(id, version) is AppDefinition app
            ? ApiAnswer.Ok(writer => AppWriter.Write(writer, app))
            : ApiProblem.NotFound($"App '{call.IdText}' does not exist in version {version}");
    }

    private static AppDefinition? FindApp(ApiCall call) =>
        call.TryGetId(out var id, out _) ? call.Snapshot.Root.FindApp(id) : null;

    private async Task<ApiAnswer> UpdateOneAsync(ApiCall call, bool partial, bool mayCreate)
    {
        if (!call.TryGetId(out var id, out var idProblem))
        {
            return idProblem!;
        }

        var (update, problem) = await call.ReadAsync(field => AppReader.Read(field, PathId.Root, id));
        if (update is null)
        {
            return problem!;
        }

        var isNew = false;
        var stored = FindStored(call, update);
        var result = await call.Marathon.UpdateRootAsync(
            Update(call, id.Parent, Change, [id]),
            call.Aborted);
        return ApiAnswer.From(result, deployed => isNew ? ApiAnswer.Deployed(deployed, 201, id) : ApiAnswer.Deployed(deployed));

        RootChange Change(Group root, Timestamp version)
        {
            isNew = root.FindApp(id) is null;
            return changes.Update(root, update, partial, mayCreate, stored, version);
        }
    }

    private async Task<ApiAnswer> UpdateManyAsync(ApiCall call, bool partial, bool mayCreate)
    {
        var (updates, problem) = await call.ReadAsync(ReadMany);
        if (updates is null)
        {
            return problem!;
        }

        var stored = updates.AsEnumerable().Select(update => FindStored(call, update)).ToList();
        var result = await call.Marathon.UpdateRootAsync(
            Update(call, PathId.Root, Change, [.. updates.Select(update => update.Id!.Value)]),
            call.Aborted);
        return ApiAnswer.From(result);

        RootChange Change(Group root, Timestamp version)
        {
            var next = root;
            for (var i = 0; i < updates.Count; i++)
            {
                var change = changes.Update(next, updates[i], partial, mayCreate, stored[i], version, i);
                if (change is not RootChange.Accepted accepted)
                {
                    return change;
                }

                next = accepted.Root;
            }

            return new RootChange.Accepted(next);
        }
    }

    private static AppDefinition? FindStored(ApiCall call, AppUpdate update) =>
        update is { IsRollback: true, Id: { } id, Version: { } version }
            ? call.Snapshot.FindVersion(id, version) as AppDefinition
            : null;

    private static AppUpdate ReadWithId(JsonField field)
    {
        var update = AppReader.Read(field, PathId.Root);
        if (update.Id is null && field.IsPresent && !field["id"].IsPresent)
        {
            field["id"].Refuse("error.path.missing");
        }

        return update;
    }

    private static ValueList<AppUpdate> ReadMany(JsonField field)
    {
        if (!field.IsPresent)
        {
            field.Refuse("error.expected.jsarray");
        }

        return field.List(ReadWithId, Bounds.MaxMembers) ?? [];
    }

    private static RootUpdate Update(ApiCall call, PathId group, ChangeRoot change, IReadOnlyList<PathId> apps) => new(group, change)
    {
        Force = call.Flag("force"),
        DryRun = call.Flag("dryRun"),
        Announcement = (root, now) => apps.Select(root.FindApp).OfType<AppDefinition>().Select(app =>
            new MarathonEvent.ApiPost(now, call.RemoteAddress, call.Context.Request.Path.Value ?? "/", app)),
    };
}
