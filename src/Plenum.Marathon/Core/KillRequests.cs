using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Core;

/// <summary>Carries out what clients ask for when they kill tasks.</summary>
internal sealed class KillRequests(RootBook roots, InstanceBook book, InstanceActions actions, RootUpdates updates)
{
    public KillTasksResult Perform(KillTasks request)
    {
        ImmutableArray<Instance> instances =
            [.. request.Instances.Distinct().Select(id => book.Find(id)).OfType<Instance>()];
        if (request.Scale)
        {
            return new KillTasksResult.Scaled(KillAndScale(instances, request.Force));
        }

        foreach (var instance in instances)
        {
            if (request.Wipe)
            {
                actions.Decommission(instance);
            }
            else
            {
                actions.Kill(instance);
            }
        }

        return new KillTasksResult.Killing(instances);
    }

    private RootUpdateResult KillAndScale(ImmutableArray<Instance> instances, bool force)
    {
        if (instances.FirstOrDefault(instance => roots.Daemons.Contains(instance.App)) is { } onEvery)
        {
            return new RootUpdateResult.Invalid(
                "/instances", $"{onEvery.App} runs on every agent and cannot be scaled: kill without scale to start it again");
        }

        // Only these count in the definition: what was stopped or given up already has its successor. Of nobody it is a deployment
        // without steps, which those that drain an old color instance by instance (marathon-lb's zdd) take for success.
        var candidates = instances.Where(instance => instance.IsCandidate).ToImmutableArray();
        var sentenced = candidates
            .GroupBy(instance => instance.App)
            .ToDictionary(group => group.Key, group => group.Select(instance => instance.Id).ToImmutableArray());
        var update = new RootUpdate(
            sentenced.Count == 1 ? candidates[0].App.Parent : PathId.Root,
            (root, version) =>
            {
                foreach (var (path, ids) in sentenced)
                {
                    if (root.FindSpec(path) is { } spec)
                    {
                        root = root.WithSpec(spec with { Instances = Math.Max(0, spec.Instances - ids.Length) }, version);
                    }
                }

                return new RootChange.Accepted(root);
            })
        {
            Force = force,
        };
        var result = updates.Update(update, sentenced);
        if (result is RootUpdateResult.Deployed)
        {
            foreach (var other in instances.Except(candidates))
            {
                actions.Kill(other);
            }
        }

        return result;
    }
}
