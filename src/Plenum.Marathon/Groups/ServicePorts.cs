using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Groups;

/// <summary>
/// Gives every service port 0 a port of the range that no app of the cluster has. An app keeps the ports it was
/// given before; ports that users chose are theirs to keep apart.
/// </summary>
internal static class ServicePorts
{
    /// <summary>The app with its ports, or null when the range is used up.</summary>
    public static AppDefinition? Assign(AppDefinition app, AppDefinition? before, ISet<int> used, int first, int last)
    {
        var ports = app.ServicePorts;
        if (!ports.Contains(0))
        {
            return app;
        }

        var kept = new Queue<int>(
            (before?.ServicePorts ?? []).Where(port => port >= first && port <= last && !ports.Contains(port)));
        var assigned = new int[ports.Count];
        for (var i = 0; i < assigned.Length; i++)
        {
            if (ports[i] != 0)
            {
                assigned[i] = ports[i];
            }
            else if (kept.TryDequeue(out var port))
            {
                assigned[i] = port;
            }
            else if (Free(used, first, last) is { } free)
            {
                assigned[i] = free;
            }
            else
            {
                return null;
            }

            used.Add(assigned[i]);
        }

        return app.WithServicePorts(assigned);
    }

    public static HashSet<int> InUse(Group root) => [.. root.AllApps.SelectMany(app => app.ServicePorts)];

    private static int? Free(ISet<int> used, int first, int last)
    {
        for (var port = first; port <= last; port++)
        {
            if (!used.Contains(port))
            {
                return port;
            }
        }

        return null;
    }
}
