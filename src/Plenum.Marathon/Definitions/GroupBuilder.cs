using System.Collections.Immutable;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// Applies what a request says about a group: a listed array replaces the whole set of its level, one that is not
/// listed stays. Everything listed is checked on the way, with the path of the field in the document.
/// </summary>
internal sealed class GroupBuilder(DefinitionOptions options, Group root)
{
    public Group Build(GroupUpdate update, Report report)
    {
        var existing = root.FindGroup(update.Id);
        if (update.EnforceRole is not null && (update.Id.IsRoot || !update.Id.Parent.IsRoot))
        {
            report["enforceRole"].Add("may be set on groups directly under the root only");
        }

        var topLevel = root.FindGroup(update.Id.TopLevel);
        if (update.EnforceRole is { } enforce
            && existing is not null
            && enforce != (existing.EnforceRole ?? false)
            && (update.Apps is not null || update.Groups is not null))
        {
            report["enforceRole"].Add("must not be changed together with apps and groups: change it by itself first");
        }

        // Inside a new top-level group its own document decides; anywhere else what is stored.
        var enforces = update.Id is { IsRoot: false, Parent.IsRoot: true }
            ? update.EnforceRole ?? existing?.EnforceRole ?? false
            : topLevel?.EnforceRole ?? false;
        return Build(update, existing, enforces, report);
    }

    private Group Build(GroupUpdate update, Group? existing, bool enforcesRole, Report report)
    {
        var group = (existing ?? new Group(update.Id)) with
        {
            Dependencies = update.Dependencies ?? existing?.Dependencies ?? [],
            EnforceRole = update.EnforceRole ?? existing?.EnforceRole,
        };
        if (update.Apps is not null)
        {
            group = group with { Apps = BuildApps(update, group.Id, enforcesRole, report["apps"]) };
        }

        if (update.Groups is not null)
        {
            group = group with { Groups = BuildGroups(update, group.Id, enforcesRole, report["groups"]) };
        }

        // An empty group gives way to the service of its path, whichever came first.
        foreach (var path in group.Groups.Keys.Where(path => group.Apps.ContainsKey(path) || group.Pods.ContainsKey(path)))
        {
            if (group.Groups[path].IsEmpty)
            {
                group = group with { Groups = group.Groups.Remove(path) };
            }
            else
            {
                report.Add($"Groups and {(group.Pods.ContainsKey(path) ? "Pods" : "Applications")} may not have the same identifier: {path}");
            }
        }

        // Pods cannot be written through groups and stay: what is listed must leave their paths alone.
        foreach (var path in group.Pods.Keys.Where(group.Apps.ContainsKey))
        {
            report.Add($"Applications and Pods may not have the same identifier: {path}");
        }

        return group;
    }

    private ImmutableSortedDictionary<PathId, AppDefinition> BuildApps(
        GroupUpdate update,
        PathId group,
        bool enforcesRole,
        Report report)
    {
        var apps = ImmutableSortedDictionary.CreateBuilder<PathId, AppDefinition>();
        for (var i = 0; i < update.Apps!.Count; i++)
        {
            var appUpdate = update.Apps[i];
            var at = report.At(i);
            if (appUpdate.Id is not { } id)
            {
                at["id"].Add("error.path.missing");
                continue;
            }

            if (id.IsRoot || id.Parent != group)
            {
                at["id"].Add($"{id} must be a direct child of {group}");
                continue;
            }

            var existing = root.FindApp(id);
            var app = AppBuilder.Build(appUpdate, id, null, options, RoleRules.DefaultRole(id, enforcesRole, options), at);
            AppValidator.Validate(app, options, at);
            RoleRules.Validate(app, existing, enforcesRole, options, at);
            if (!apps.TryAdd(id, app))
            {
                at["id"].Add($"{id} is listed twice");
            }
        }

        return apps.ToImmutable();
    }

    private ImmutableSortedDictionary<PathId, Group> BuildGroups(
        GroupUpdate update,
        PathId group,
        bool enforcesRole,
        Report report)
    {
        var groups = ImmutableSortedDictionary.CreateBuilder<PathId, Group>();
        for (var i = 0; i < update.Groups!.Count; i++)
        {
            var child = update.Groups[i];
            var at = report.At(i);
            if (child.Id.IsRoot || child.Id.Parent != group)
            {
                at["id"].Add($"{child.Id} must be a direct child of {group}");
                continue;
            }

            var built = group.IsRoot
                ? Build(child, at)
                : Build(child, root.FindGroup(child.Id), enforcesRole, RefuseNestedEnforceRole(child, at));
            if (!groups.TryAdd(child.Id, built))
            {
                at["id"].Add($"{child.Id} is listed twice");
            }
        }

        return groups.ToImmutable();
    }

    private static Report RefuseNestedEnforceRole(GroupUpdate group, Report report)
    {
        if (group.EnforceRole is not null)
        {
            report["enforceRole"].Add("may be set on groups directly under the root only");
        }

        return report;
    }

    /// <summary>Multiplies the instances of every app in and below the group, rounding up.</summary>
    public static Group Scale(Group group, double factor, Report report)
    {
        return group with
        {
            Apps = group.Apps.ToImmutableSortedDictionary(entry => entry.Key, entry => ScaleApp(entry.Value)),
            Groups = group.Groups.ToImmutableSortedDictionary(entry => entry.Key, entry => Scale(entry.Value, factor, report)),
        };

        AppDefinition ScaleApp(AppDefinition app)
        {
            if (app.IsDaemon)
            {
                // It has as many as there are agents, whatever its group has.
                return app;
            }

            var instances = Math.Ceiling(app.Instances * factor);
            if (instances > Bounds.MaxInstances)
            {
                report["scaleBy"].Add($"{app.Id} would have more than {Bounds.MaxInstances} instances");
                return app;
            }

            return app with { Instances = (int)instances };
        }
    }
}
