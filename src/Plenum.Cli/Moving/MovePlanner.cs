using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

/// <summary>
/// Compares two inventories. What is done already is recognised here, by comparison alone: a second run, or one after a
/// crash, finds the rest.
/// </summary>
internal static class MovePlanner
{
    /// <param name="wanted">What the source has.</param>
    /// <param name="here">What this cluster has.</param>
    /// <param name="scaleZero">New services get no instances, and the counts of existing ones are nobody's business.</param>
    public static IReadOnlyList<MoveItem> Plan(Inventory wanted, Inventory here, bool scaleZero)
    {
        var parents = wanted.Apps.Keys.Concat(wanted.Pods.Keys).Concat(wanted.Groups.Keys)
            .Select(id => id[..id.LastIndexOf('/')])
            .ToHashSet(StringComparer.Ordinal);
        return
        [
            .. wanted.Groups
                // Other groups come with what is in them.
                .Where(group => group.Value.Dependencies.Count > 0 || group.Value.EnforceRole || !parents.Contains(group.Key))
                .Select(group => Group(group.Key, group.Value, here)),
            .. wanted.Pods.Select(pod => Service(MoveKind.Pod, pod.Key, pod.Value, here.Pods.GetValueOrDefault(pod.Key), scaleZero)),
            .. wanted.Apps.Select(app => Service(MoveKind.App, app.Key, app.Value, here.Apps.GetValueOrDefault(app.Key), scaleZero)),
            .. here.Pods.Keys.Where(id => !wanted.Pods.ContainsKey(id)).Select(id => new MoveItem(MoveKind.Pod, id, MoveState.OnlyHere, [])),
            .. here.Apps.Keys.Where(id => !wanted.Apps.ContainsKey(id)).Select(id => new MoveItem(MoveKind.App, id, MoveState.OnlyHere, [])),
        ];
    }

    private static MoveItem Group(string id, GroupEntry wanted, Inventory here)
    {
        var body = new JsonObject
        {
            ["id"] = id,
            ["dependencies"] = new JsonArray([.. wanted.Dependencies.Select(each => JsonValue.Create(each))]),
            ["enforceRole"] = wanted.EnforceRole,
        };
        if (!here.Groups.TryGetValue(id, out var present))
        {
            return new MoveItem(MoveKind.Group, id, MoveState.New, body);
        }
        var fields = new List<string>();
        if (!wanted.Dependencies.SequenceEqual(present.Dependencies, StringComparer.Ordinal))
        {
            fields.Add("/dependencies");
        }
        if (wanted.EnforceRole != present.EnforceRole)
        {
            fields.Add("/enforceRole");
        }
        return new MoveItem(MoveKind.Group, id, fields.Count == 0 ? MoveState.Same : MoveState.Changed, body) { Fields = fields };
    }

    private static MoveItem Service(MoveKind kind, string id, JsonObject wanted, JsonObject? here, bool scaleZero)
    {
        var isPod = kind is MoveKind.Pod;
        var body = (JsonObject)wanted.DeepClone();
        if (scaleZero)
        {
            var (owner, whose) = isPod ? (Scaling(body), here is null ? null : Scaling((JsonObject)here.DeepClone())) : (body, here);
            owner["instances"] = here is null ? 0 : whose!["instances"]?.DeepClone() ?? 1;
        }
        if (here is null)
        {
            return new MoveItem(kind, id, MoveState.New, body) { Notes = Notes(body) };
        }
        var fields = Differences.Between(body, here, isPod);
        if (here["role"] is { } role && body["role"] is null)
        {
            // The whole definition is sent: without its role it would get the default one.
            body["role"] = role.DeepClone();
        }
        return fields.Count == 0
            ? new MoveItem(kind, id, MoveState.Same, body)
            : new MoveItem(kind, id, MoveState.Changed, body) { Fields = fields };
    }

    private static JsonObject Scaling(JsonObject pod)
    {
        if (pod["scaling"] is not JsonObject scaling)
        {
            pod["scaling"] = scaling = new JsonObject { ["kind"] = "fixed", ["instances"] = 1 };
        }
        return scaling;
    }

    private static List<string> Notes(JsonObject body)
    {
        var notes = new List<string>();
        var volumes = Defaults.Volumes(body).ToList();
        if (volumes.Any(volume => volume["persistent"] is not null))
        {
            notes.Add("its persistent volumes start empty here: move their data yourself");
        }
        if (volumes.Any(volume => volume["external"] is not null))
        {
            notes.Add("its external volume is the same one as at the source: stop it there first");
        }
        if (body["secrets"] is JsonObject { Count: > 0 } secrets)
        {
            notes.Add("its secrets do not move: " + string.Join(", ", secrets.Select(secret => secret.Value?["source"]?.ToString() ?? secret.Key)));
        }
        return notes;
    }
}
