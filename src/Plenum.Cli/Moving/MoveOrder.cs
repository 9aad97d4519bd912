using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

/// <summary>
/// Cuts the apps of a move into requests. Apps that depend on each other go in one request, so that one deployment starts
/// them in order and nothing waits for apps it does not depend on; all others go many at a time.
/// </summary>
internal static class MoveOrder
{
    /// <summary>One deployment, and a quarter of what the server lets run at a time for 10,000 unrelated apps.</summary>
    public const int AppsPerRequest = 400;

    // A server lets 100 deployments run, and one that cannot start its apps runs for ever. With more bundles than this
    // some share a deployment, and the later apps of one wait for the earlier ones of all.
    public const int DeploymentsOfTheirOwn = 40;

    // A tenth of the 32 MiB that a request may have, since texts here are counted before they are escaped.
    public const int CharactersPerRequest = 3 * 1024 * 1024;

    public static IEnumerable<IReadOnlyList<MoveItem>> Requests(IReadOnlyList<MoveItem> apps, Inventory wanted)
    {
        var order = Sort(apps, wanted, out var component);
        var bundles = order.GroupBy(item => component[item.Id], StringComparer.Ordinal).ToList();
        var related = bundles.Where(bundle => bundle.Skip(1).Any()).ToList();
        return (related.Count <= DeploymentsOfTheirOwn ? related.SelectMany(Cut) : Pack(related))
            .Concat(Cut(bundles.Where(bundle => !bundle.Skip(1).Any()).SelectMany(bundle => bundle)));
    }

    // Whole bundles together in one request, as many as fit.
    private static IEnumerable<IReadOnlyList<MoveItem>> Pack(IEnumerable<IEnumerable<MoveItem>> bundles)
    {
        var packed = new List<MoveItem>();
        foreach (var bundle in bundles)
        {
            var items = bundle.ToList();
            if (packed.Count + items.Count > AppsPerRequest)
            {
                foreach (var request in Cut(packed))
                {
                    yield return request;
                }
                packed = [];
            }
            packed.AddRange(items);
        }
        foreach (var request in Cut(packed))
        {
            yield return request;
        }
    }

    private static IEnumerable<IReadOnlyList<MoveItem>> Cut(IEnumerable<MoveItem> items)
    {
        var request = new List<MoveItem>();
        var characters = 0;
        foreach (var item in items)
        {
            var length = item.Body.ToJsonString().Length;
            if (request.Count == AppsPerRequest || (request.Count > 0 && characters + length > CharactersPerRequest))
            {
                yield return request;
                request = [];
                characters = 0;
            }
            request.Add(item);
            characters += length;
        }
        if (request.Count > 0)
        {
            yield return request;
        }
    }

    // Dependencies first. A path that apps depend on is a node of its own, so that a group of thousands that waits for
    // another one has a line for each app and not for each pair.
    private static List<MoveItem> Sort(IReadOnlyList<MoveItem> apps, Inventory wanted, out Dictionary<string, string> component)
    {
        var byId = apps.ToDictionary(item => item.Id, StringComparer.Ordinal);
        var sorted = byId.Keys.Order(StringComparer.Ordinal).ToArray();
        var needs = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        var root = byId.Keys.ToDictionary(id => id, id => id, StringComparer.Ordinal);
        foreach (var id in sorted)
        {
            needs[id] = [];
        }
        foreach (var id in sorted)
        {
            foreach (var path in DependenciesOf(byId[id], wanted))
            {
                var node = "on " + path;
                if (!needs.TryGetValue(node, out var members))
                {
                    needs[node] = members = [.. Under(sorted, path)];
                    root[node] = node;
                    members.ForEach(member => Join(root, node, member));
                }
                if (members.Count > 0)
                {
                    needs[id].Add(node);
                    Join(root, node, id);
                }
            }
        }
        component = byId.Keys.ToDictionary(id => id, id => Find(root, id), StringComparer.Ordinal);
        return [.. Topological(needs).Where(byId.ContainsKey).Select(id => byId[id])];
    }

    private static List<string> Topological(SortedDictionary<string, List<string>> needs)
    {
        var missing = needs.ToDictionary(node => node.Key, node => node.Value.Count, StringComparer.Ordinal);
        var waiting = needs.SelectMany(node => node.Value.Select(need => (need, node.Key))).ToLookup(pair => pair.need, pair => pair.Key, StringComparer.Ordinal);
        var ready = new Queue<string>(needs.Keys.Where(node => missing[node] == 0));
        var order = new List<string>(needs.Count);
        while (ready.TryDequeue(out var node))
        {
            order.Add(node);
            foreach (var dependant in waiting[node].Where(dependant => --missing[dependant] == 0))
            {
                ready.Enqueue(dependant);
            }
        }
        // A circle: the server refuses it, with the words it has for that.
        order.AddRange(needs.Keys.Where(node => missing[node] > 0));
        return order;
    }

    private static IEnumerable<string> DependenciesOf(MoveItem app, Inventory wanted)
    {
        var own = (app.Body["dependencies"] as JsonArray ?? []).Select(each => each!.ToString());
        for (var slash = app.Id.LastIndexOf('/'); slash > 0; slash = app.Id.LastIndexOf('/', slash - 1))
        {
            if (wanted.Groups.TryGetValue(app.Id[..slash], out var group))
            {
                own = own.Concat(group.Dependencies);
            }
        }
        return own.Distinct(StringComparer.Ordinal);
    }

    private static IEnumerable<string> Under(string[] sorted, string path)
    {
        if (Array.BinarySearch(sorted, path, StringComparer.Ordinal) >= 0)
        {
            yield return path;
        }
        var first = Array.BinarySearch(sorted, path + "/", StringComparer.Ordinal);
        for (var index = first < 0 ? ~first : first; index < sorted.Length && sorted[index].StartsWith(path + "/", StringComparison.Ordinal); index++)
        {
            yield return sorted[index];
        }
    }

    private static string Find(Dictionary<string, string> root, string node)
    {
        while (root[node] != node)
        {
            root[node] = root[root[node]];
            node = root[node];
        }
        return node;
    }

    private static void Join(Dictionary<string, string> root, string one, string other) => root[Find(root, one)] = Find(root, other);
}
