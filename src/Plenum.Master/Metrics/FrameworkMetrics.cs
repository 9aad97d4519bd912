using System.Collections.Concurrent;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Metrics;

/// <summary>
/// Each framework's own metrics: <c>master/frameworks/NAME/ID/...</c>. They go when the framework goes, so that
/// their number is bounded by that of the frameworks.
/// </summary>
internal sealed class FrameworkMetrics
{
    private readonly ConcurrentDictionary<string, FrameworkCounts> _counts = new(StringComparer.Ordinal);

    /// <summary>Calls of strangers are not counted: anybody could fill the memory with invented ids.</summary>
    public void Called(string frameworkId, Call call)
    {
        if (_counts.TryGetValue(frameworkId, out var counts))
        {
            counts.Called(call);
        }
    }

    /// <summary>SUBSCRIBED opens the account; what is sent after the removal must not open it again.</summary>
    public void Told(string frameworkId, Event message)
    {
        var counts = message.Type == Event.Types.Type.Subscribed
            ? _counts.GetOrAdd(frameworkId, static _ => new FrameworkCounts())
            : _counts.GetValueOrDefault(frameworkId);
        counts?.Told(message);
    }

    public void Remove(string frameworkId) => _counts.TryRemove(frameworkId, out _);

    public void Ended(string frameworkId, TaskState state)
    {
        if (_counts.TryGetValue(frameworkId, out var counts))
        {
            counts.Ended(state);
        }
    }

    public void Add(IDictionary<string, double> all, ClusterSnapshot state)
    {
        var active = new Dictionary<(string Framework, TaskState State), int>();
        foreach (var task in state.Tasks)
        {
            var key = (task.FrameworkId.Value, task.State);
            active[key] = active.GetValueOrDefault(key) + 1;
        }

        foreach (var framework in state.Frameworks)
        {
            var prefix = PrefixOf(framework);
            all[$"{prefix}subscribed"] = framework.Connected ? 1 : 0;
            foreach (var role in framework.Roles)
            {
                all[$"{prefix}roles/{Uri.EscapeDataString(role)}/suppressed"] = framework.SuppressedRoles.Contains(role) ? 1 : 0;
            }

            if (_counts.TryGetValue(framework.Id.Value, out var counts))
            {
                counts.Add(all, prefix);
                if (framework.Info.HasPrincipal)
                {
                    // Over the frameworks of a principal that are there now.
                    var name = $"frameworks/{Uri.EscapeDataString(framework.Info.Principal)}/messages_received";
                    all[name] = (all.TryGetValue(name, out var before) ? before : 0) + all[$"{prefix}calls"];
                }
            }
        }

        var prefixes = state.Frameworks.ToDictionary(static framework => framework.Id.Value, PrefixOf);
        foreach (var ((id, taskState), count) in active)
        {
            if (prefixes.TryGetValue(id, out var prefix) && !MasterMetrics.IsTerminal(taskState))
            {
                all[$"{prefix}tasks/active/{StateNames.Of(taskState).ToLowerInvariant()}"] = count;
            }
        }
    }

    private static string PrefixOf(FrameworkRecord framework) =>
        $"master/frameworks/{Uri.EscapeDataString(framework.Info.Name)}/{framework.Id.Value}/";
}
