using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Api.Groups;

/// <summary>Changes of groups, as functions from one root group to the next.</summary>
internal sealed class GroupChanges(DefinitionOptions options)
{
    public RootChange Create(Group root, GroupUpdate update, Timestamp version)
    {
        if (root.FindSpec(update.Id) is { } service)
        {
            return Refuse(Taken(service));
        }

        return !update.Id.IsRoot && root.FindGroup(update.Id) is not null
            ? Refuse(new ApiProblem(409, $"Group {update.Id} is already created. Use PUT to change this group."))
            : Put(root, update, version);
    }

    /// <param name="root">The root group as it is.</param>
    /// <param name="update">What the request says.</param>
    /// <param name="stored">The stored group to return to, when the request asks for that.</param>
    /// <param name="version">The time of the change.</param>
    public RootChange Update(Group root, GroupUpdate update, Group? stored, Timestamp version)
    {
        // A document with content that carries a version is an answer that a client sends back.
        if (!update.HasContent)
        {
            if (update is { Version: not null, ScaleBy: not null })
            {
                return Refuse(ApiProblem.Invalid("/", "must not have both version and scaleBy"));
            }

            if (update.Version is not null)
            {
                return stored is null
                    ? Refuse(new ApiProblem(422, $"Group {update.Id} not available in version {update.Version}"))
                    : new RootChange.Accepted(Place(root, stored, version));
            }
        }

        if (update.ScaleBy is { } factor)
        {
            return update.HasContent
                ? Refuse(ApiProblem.Invalid("/scaleBy", "must not be combined with anything but the id"))
                : Scale(root, update.Id, factor, version);
        }

        return root.FindSpec(update.Id) is { } service ? Refuse(Taken(service)) : Put(root, update, version);
    }

    public static RootChange Delete(Group root, PathId id, Timestamp version) =>
        root.FindGroup(id) is null
            ? Refuse(ApiProblem.NoSuchGroup(id))
            : new RootChange.Accepted(root.WithoutGroup(id, version));

    public static RootChange EnforceRole(Group root, PathId id, bool enforce, Timestamp version) =>
        root.FindGroup(id) is null
            ? Refuse(ApiProblem.NoSuchGroup(id))
            : new RootChange.Accepted(root.WithUpdatedGroup(id, version, group => group with { EnforceRole = enforce }));

    private RootChange Put(Group root, GroupUpdate update, Timestamp version)
    {
        var violations = new Violations();
        var report = new Report(violations, FieldPath.Root);
        var built = new GroupBuilder(options, root).Build(update, report);
        for (var parent = update.Id; !parent.IsRoot; parent = parent.Parent)
        {
            if (root.FindSpec(parent) is { } above)
            {
                report.Add($"Groups and {(above is PodDefinition ? "Pods" : "Applications")} may not have the same identifier: {parent}");
            }
        }

        return violations.Any
            ? Refuse(ApiProblem.Invalid(violations))
            : new RootChange.Accepted(Place(root, Stamp(built, version), version));
    }

    private static RootChange Scale(Group root, PathId id, double factor, Timestamp version)
    {
        if (root.FindGroup(id) is not { } group)
        {
            return Refuse(ApiProblem.NoSuchGroup(id));
        }

        var violations = new Violations();
        var scaled = GroupBuilder.Scale(group, factor, new Report(violations, FieldPath.Root));
        return violations.Any
            ? Refuse(ApiProblem.Invalid(violations))
            : new RootChange.Accepted(Place(root, scaled, version));
    }

    // Groups that the document created have no version yet.
    private static Group Stamp(Group group, Timestamp version) =>
        group with
        {
            Groups = group.Groups.ToImmutableSortedDictionary(entry => entry.Key, entry => Stamp(entry.Value, version)),
            Version = group.Version == default ? version : group.Version,
        };

    private static Group Place(Group root, Group group, Timestamp version) =>
        group.Id.IsRoot
            ? group with { Version = version }
            : root.WithGroup(group, version);

    private static ApiProblem Taken(RunSpec service) =>
        new(409, $"{(service is PodDefinition ? "A pod" : "An app")} with id [{service.Id}] already exists.");

    private static RootChange.Refused Refuse(ApiProblem problem) => new(problem);
}
