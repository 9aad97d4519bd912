using System.Collections.Immutable;
using Plenum.Marathon.Daemons;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.Core;

/// <summary>
/// Carries out changes of the root, one at a time:
/// 1. apply the change; 2. fill in service ports and versions; 3. check the root as a whole; 4. plan;
/// 5. look for deployments in the way; 6. store root and plan; 7. begin.
/// Nothing is changed before step 6, so that a refusal leaves no trace.
/// </summary>
internal sealed class RootUpdates(CoreContext context, RootBook roots, DeploymentBook deployments, DaemonBook daemons)
{
    private static readonly IReadOnlyDictionary<PathId, ImmutableArray<InstanceId>> NobodySentenced =
        new Dictionary<PathId, ImmutableArray<InstanceId>>();

    public RootUpdateResult Update(
        RootUpdate update,
        IReadOnlyDictionary<PathId, ImmutableArray<InstanceId>>? sentenced = null)
    {
        var result = Perform(update, sentenced ?? NobodySentenced);
        if (result is RootUpdateResult.Conflict or RootUpdateResult.Invalid or RootUpdateResult.NoServicePorts
            or RootUpdateResult.TooManyDeployments)
        {
            context.Publish(new MarathonEvent.GroupChangeFailed(
                context.Now, update.Group, Timestamp.From(context.Now), ReasonOf(result)));
        }

        return result;
    }

    /// <summary>
    /// A change that undoes what a plan did and leaves alone what others did meanwhile: an app is restored only
    /// where it still is as the plan left it.
    /// </summary>
    public static RootUpdate Revert(DeploymentPlan plan, string reason) => new(PathId.Root, (root, version) =>
    {
        foreach (var change in plan.Services)
        {
            // Its version alone changes also with a new policy, which replaces nothing. That goes back too: whether it fits the
            // definition before the plan nobody has checked.
            if (root.FindSpec(change.App)?.VersionInfo != change.Target?.VersionInfo)
            {
                continue;
            }

            root = change.Original is { } original
                ? root.WithSpec(original, version)
                : root.WithoutSpec(change.App, version);
        }

        // From the deepest: a group that the plan made goes when nothing is left in it.
        foreach (var change in plan.Groups.OrderByDescending(change => change.Group.Text.Length))
        {
            var group = root.FindGroup(change.Group);
            if (change.Original is null)
            {
                root = group is { IsEmpty: true } && !change.Group.IsRoot ? root.WithoutGroup(change.Group, version) : root;
            }
            else if (group is null || (change.Target is { } target
                && group.Dependencies == target.Dependencies && group.EnforceRole == target.EnforceRole))
            {
                root = root.WithUpdatedGroup(change.Group, version, current => current with
                {
                    Dependencies = change.Original.Dependencies,
                    EnforceRole = change.Original.EnforceRole,
                });
            }
        }

        return new RootChange.Accepted(root);
    })
    {
        Force = true,
        Undoes = (plan, reason),
    };

    private RootUpdateResult Perform(
        RootUpdate update,
        IReadOnlyDictionary<PathId, ImmutableArray<InstanceId>> sentenced)
    {
        var before = roots.Root;
        var version = Timestamp.After(before.Version, context.Now);

        // 1. Apply.
        var change = update.Change(before, version);
        if (change is RootChange.Refused refused)
        {
            return new RootUpdateResult.Refused(refused.Error);
        }

        // 2. Ports and versions.
        var after = Complete(before, ((RootChange.Accepted)change).Root, version, update);
        if (after is null)
        {
            return new RootUpdateResult.NoServicePorts(
                $"no service port is left between {context.Options.ServicePortMin} and {context.Options.ServicePortMax}");
        }

        // 3. The root as a whole. A cycle runs through something that changed.
        var difference = RootDifference.Between(before, after);
        var layers = new DependencyLayers(after);
        foreach (var app in ChangedApps(difference, after))
        {
            layers.DepthOf(app);
        }

        if (layers.Cycle is { } cycle)
        {
            return new RootUpdateResult.Invalid(
                "/dependencies",
                $"Dependency graph has cyclic dependencies: {string.Join(" -> ", cycle.Append(cycle[0]))}");
        }

        if (difference.Services.Select(change => ResidentChanges.Refusal(change, update.Force)).FirstOrDefault(refusal => refusal is not null) is var (path, message))
        {
            return new RootUpdateResult.Invalid(path, message);
        }

        if (ExternalVolumeNames.Conflict(after, difference.Services.Select(change => change.Target).OfType<AppDefinition>()) is { } conflict)
        {
            return new RootUpdateResult.Invalid("/container/volumes", conflict);
        }

        var definitions = difference.Services
            .Where(change => change.Target is not null)
            .ToDictionary(change => change.App, change => StoredJson.Write(change.Target!));
        foreach (var (app, stored) in definitions)
        {
            if (stored.Length > StoredPlan.MaxDefinitionBytes)
            {
                return new RootUpdateResult.Invalid(
                    "/", $"The definition of {app} is larger than {StoredPlan.MaxDefinitionBytes} bytes: fetch what is long in it as a file");
            }
        }

        // 4. Plan. A rollback takes nothing over: it goes back to what was there before.
        var takeOver = update is { Force: true, Undoes: null } ? new TakeOver(deployments, difference) : null;
        var plan = DeploymentPlanner.Plan(context.NewGuid().ToString(), after, difference, sentenced, layers, takeOver) with
        {
            Undoes = update.Undoes?.Plan.Id,
        };
        plan = takeOver?.Apply(plan) ?? plan;
        if (update.DryRun)
        {
            return new RootUpdateResult.Planned(plan);
        }

        // 5. In the way.
        var inTheWay = deployments.InTheWayOf(plan.Affected);
        if (!inTheWay.IsEmpty && !update.Force)
        {
            return new RootUpdateResult.Conflict(inTheWay);
        }

        if (!plan.Steps.IsEmpty && deployments.Count - inTheWay.Length >= context.Options.MaxRunningDeployments)
        {
            return new RootUpdateResult.TooManyDeployments(context.Options.MaxRunningDeployments);
        }

        // 6. Store.
        var state = takeOver?.StateFor(plan);
        foreach (var cancelled in inTheWay)
        {
            deployments.Cancel(
                cancelled,
                update.Undoes is { } undone && undone.Plan.Id == cancelled
                    ? $"{undone.Reason}, by deployment {plan.Id}"
                    : $"cancelled by deployment {plan.Id}");
        }

        roots.Commit(after, difference.Services, definitions);
        foreach (var announced in update.Announcement?.Invoke(after, context.Now) ?? [])
        {
            context.Publish(announced);
        }

        context.Publish(new MarathonEvent.GroupChangeSuccess(context.Now, update.Group, version));
        AnnounceHealthChecks(difference);

        // 7. Begin.
        deployments.Start(plan, state);
        return new RootUpdateResult.Deployed(plan, after);
    }

    /// <summary>The root with definitions as they are stored, or null when service ports run out.</summary>
    private Group? Complete(Group before, Group changed, Timestamp version, RootUpdate update)
    {
        var restart = update.Restart;
        var root = changed with { Version = version };
        HashSet<int>? used = null;
        var changes = RootDifference.Between(before, changed).Services;
        foreach (var path in restart)
        {
            if (changed.FindSpec(path) is { } app && !changes.Exists(other => other.App == path))
            {
                changes.Add(new ServiceChange(path, app, app));
            }
        }

        foreach (var (path, original, target) in changes)
        {
            if (target is null)
            {
                continue;
            }

            // Ports first: a 0 that stands for the port the app has already is no change.
            var ported = target.IsDaemon ? target with { Instances = daemons.CountOf(target) } : target;
            if (ported is AppDefinition app)
            {
                if (app.ServicePorts.Contains(0))
                {
                    used ??= [.. ServicePorts.InUse(before), .. ServicePorts.InUse(changed)];
                }

                ported = ServicePorts.Assign(
                    app, original as AppDefinition, used ?? [], context.Options.ServicePortMin, context.Options.ServicePortMax);
                if (ported is null)
                {
                    return null;
                }
            }

            root = root.WithSpec(WithVersion(original, ported, version, restart.Contains(path), isUndone: update.Undoes is not null), version);
        }

        return root;
    }

    private static RunSpec WithVersion(RunSpec? original, RunSpec app, Timestamp version, bool restart, bool isUndone)
    {
        if (original?.VersionInfo is not { } info)
        {
            return app with { Version = version, VersionInfo = new VersionInfo(version, version) };
        }

        var change = original.ChangeTo(app);
        var scaled = original.Instances != app.Instances;
        return change switch
        {
            // What comes back is what it was: its instances that are still there need not be replaced.
            AppChange.Restart when isUndone && app.VersionInfo is { Undone.Count: < VersionInfo.MaxUndone } was => app with
            {
                Version = version,
                VersionInfo = was with
                {
                    LastScalingAt = scaled ? version : was.LastScalingAt,
                    Undone = [.. was.Undone, new UndoneVersions(app.Version, version)],
                },
            },
            AppChange.Restart => app with { Version = version, VersionInfo = new VersionInfo(version, version) },
            _ when restart => app with
            {
                Version = version,
                VersionInfo = new VersionInfo(scaled ? version : info.LastScalingAt, version),
            },
            AppChange.None => original,
            _ => app with
            {
                Version = version,
                VersionInfo = scaled ? info with { LastScalingAt = version } : info,
            },
        };
    }

    private static IEnumerable<RunSpec> ChangedApps(RootDifference difference, Group after)
    {
        foreach (var change in difference.Services)
        {
            if (change.Target is { } target)
            {
                yield return target;
            }
        }

        // A dependency given to a group is one of everything in it.
        foreach (var app in difference.Groups
            .Where(change => change.Target is not null)
            .SelectMany(change => after.FindGroup(change.Group)?.AllSpecs ?? []))
        {
            yield return app;
        }
    }

    private void AnnounceHealthChecks(RootDifference difference)
    {
        foreach (var (path, original, target) in difference.Services)
        {
            if (original?.AllHealthChecks == target?.AllHealthChecks)
            {
                continue;
            }

            if (original is { AllHealthChecks.IsEmpty: false })
            {
                context.Publish(new MarathonEvent.RemoveHealthCheck(context.Now, path));
            }

            foreach (var check in target?.AllHealthChecks ?? [])
            {
                context.Publish(new MarathonEvent.AddHealthCheck(context.Now, path, target!.Version, check));
            }
        }
    }

    private static string ReasonOf(RootUpdateResult result) => result switch
    {
        RootUpdateResult.Conflict conflict => $"locked by deployments {string.Join(", ", conflict.Deployments)}",
        RootUpdateResult.Invalid invalid => invalid.Message,
        RootUpdateResult.NoServicePorts ports => ports.Message,
        RootUpdateResult.TooManyDeployments many => $"{many.Limit} deployments are running already",
        _ => "",
    };
}
