using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Api.Apps;

/// <summary>
/// Changes of single apps, as functions from one root group to the next. They run inside the orchestrator's loop, so
/// what they see is what they change.
/// </summary>
internal sealed class AppChanges(DefinitionOptions options)
{
    public RootChange Create(Group root, AppUpdate update, Timestamp version)
    {
        var id = update.Id!.Value;
        if (root.FindApp(id) is not null)
        {
            return Refuse(new ApiProblem(409, $"An app with id [{id}] already exists."));
        }

        if (root.FindPod(id) is not null)
        {
            return Refuse(new ApiProblem(409, $"A pod with id [{id}] already exists."));
        }

        return root.FindGroup(id) is { IsEmpty: false }
            ? Refuse(new ApiProblem(409, $"A group with id [{id}] already exists."))
            : Put(root, id, update, existing: null, version, Place(new Violations()));
    }

    /// <param name="root">The root group as it is.</param>
    /// <param name="update">What the request says; its id is set.</param>
    /// <param name="partial">Whether what is not said stays as it is.</param>
    /// <param name="mayCreate">Whether an unknown id makes a new app.</param>
    /// <param name="stored">The stored version to return to, when the request asks for that.</param>
    /// <param name="version">The time of the change.</param>
    /// <param name="position">The item's place in a request with several, for the paths of errors.</param>
    public RootChange Update(
        Group root,
        AppUpdate update,
        bool partial,
        bool mayCreate,
        AppDefinition? stored,
        Timestamp version,
        int? position = null)
    {
        var id = update.Id!.Value;
        var existing = root.FindApp(id);
        if (existing is null && !mayCreate)
        {
            return Refuse(ApiProblem.NoSuchApp(id));
        }

        if (update.IsRollback)
        {
            return stored is null
                ? Refuse(existing is null
                    ? ApiProblem.NoSuchApp(id)
                    : new ApiProblem(422, $"App '{id}' does not exist in version {update.Version}"))
                : new RootChange.Accepted(root.WithApp(stored, version));
        }

        if (partial && existing is not null && update.Version is not null)
        {
            return Refuse(new ApiProblem(422, "The 'version' field may only be combined with the 'id' field."));
        }

        return Put(root, id, update, partial ? existing : null, version, Place(new Violations(), position));
    }

    public static RootChange Delete(Group root, PathId id, Timestamp version) =>
        root.FindApp(id) is null
            ? Refuse(ApiProblem.NoSuchApp(id))
            : new RootChange.Accepted(root.WithoutApp(id, version));

    /// <summary>The definition stays; the update names the app as one to replace.</summary>
    public static RootChange Restart(Group root, PathId id) =>
        root.FindApp(id) is null ? Refuse(ApiProblem.NoSuchApp(id)) : new RootChange.Accepted(root);

    private RootChange Put(
        Group root,
        PathId id,
        AppUpdate update,
        AppDefinition? existing,
        Timestamp version,
        (Violations Violations, Report Report) place)
    {
        var (violations, report) = place;
        var enforces = RoleRules.Enforces(id, root);
        var app = AppBuilder.Build(update, id, existing, options, RoleRules.DefaultRole(id, enforces, options), report);
        AppValidator.Validate(app, options, report);
        RoleRules.Validate(app, root.FindApp(id), enforces, options, report);
        ServiceRules.ValidatePlace(root, app, report);
        return violations.Any
            ? Refuse(ApiProblem.Invalid(violations))
            : new RootChange.Accepted(root.WithApp(app, version));
    }

    private static (Violations Violations, Report Report) Place(Violations violations, int? position = null) =>
        (violations, new Report(violations, position is { } index ? FieldPath.Root.At(index) : FieldPath.Root));

    private static RootChange.Refused Refuse(ApiProblem problem) => new(problem);
}
