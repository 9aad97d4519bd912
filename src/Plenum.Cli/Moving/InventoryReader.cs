using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

/// <summary>
/// Reads apps, pods and groups out of any document that holds them: a group tree as /v2/groups answers it, the lists of
/// /v2/apps and /v2/pods, a single definition. Where a pod's status stands, its definition is taken.
/// </summary>
internal sealed class InventoryReader(string source, string? defaultRole)
{
    // As deep as the servers let groups nest.
    private const int MaximumDepth = 30;

    public Inventory Inventory { get; } = new();

    /// <summary>What is read now, for messages.</summary>
    public string Source { get; set; } = source;

    public void Read(JsonNode? document)
    {
        switch (document)
        {
            case JsonArray list:
                Each(list, entry => Read(entry));
                break;
            case JsonObject entry when entry["containers"] is not null || entry["spec"] is not null:
                AddPod(entry, "/");
                break;
            case JsonObject entry when IsGroup(entry):
                AddGroup(entry, "/", 0);
                break;
            case JsonObject entry when entry["id"] is not null:
                AddApp(entry, "/");
                break;
            default:
                throw Wrong("holds something that is no app, pod or group");
        }
    }

    /// <summary>A group alone, whose file has no members that would tell it from an app.</summary>
    public void ReadGroup(JsonObject group) => AddGroup(group, "/", 0);

    public void AddApp(JsonObject app, string group)
    {
        var id = IdOf(app, group);
        RefuseOddShapes(app, id);
        var clean = AppForm.Clean(app);
        clean["id"] = id;
        if (clean["dependencies"] is JsonArray dependencies)
        {
            clean["dependencies"] = new JsonArray([.. dependencies.Select(JsonNode? (each) => Resolve(TextOf(each), Parent(id)))]);
        }
        DropDefaultRole(clean);
        AddService(Inventory.Apps, id, clean);
    }

    public void AddPod(JsonObject entry, string group)
    {
        var pod = entry["spec"] as JsonObject ?? entry;
        var id = IdOf(pod, group);
        RefuseOddShapes(pod, id);
        var clean = AppForm.CleanPod(pod);
        clean["id"] = id;
        DropDefaultRole(clean);
        AddService(Inventory.Pods, id, clean);
    }

    private void AddGroup(JsonObject group, string parent, int depth)
    {
        if (depth > MaximumDepth)
        {
            throw Wrong($"nests groups deeper than {MaximumDepth}");
        }
        // A list as /v2/apps answers it has no id: its members stand at the root.
        var id = group["id"] is null ? parent : IdOf(group, parent);
        if (id != "/")
        {
            Inventory.Groups[id] = new GroupEntry(
                [.. Items(group, "dependencies").Select(each => Resolve(TextOf(each), id)).Order(StringComparer.Ordinal)],
                group["enforceRole"] is JsonValue value && value.TryGetValue<bool>(out var enforces) && enforces);
        }
        Each(Items(group, "apps"), app => AddApp(AsObject(app), id));
        Each(Items(group, "pods"), pod => AddPod(AsObject(pod), id));
        Each(Items(group, "groups"), child => AddGroup(AsObject(child), id, depth + 1));
    }

    private void AddService(SortedDictionary<string, JsonObject> services, string id, JsonObject definition)
    {
        if (Inventory.Apps.ContainsKey(id) || Inventory.Pods.ContainsKey(id))
        {
            throw Wrong($"names {id} twice");
        }
        if (Inventory.Services >= Inventory.MaximumServices)
        {
            throw Wrong($"holds more than {Inventory.MaximumServices} apps and pods");
        }
        services.Add(id, definition);
    }

    // The role that the source gives when nobody asks for one. The cluster here has a default of its own.
    private void DropDefaultRole(JsonObject definition)
    {
        if (defaultRole is not null && definition["role"] is JsonValue role && role.TryGetValue<string>(out var name) && name == defaultRole)
        {
            definition.Remove("role");
        }
    }

    // Those members that are looked into here; of all others the servers say what is wrong.
    private void RefuseOddShapes(JsonObject definition, string id)
    {
        Expect<JsonObject>(definition, "container");
        Expect<JsonObject>(definition, "labels");
        Expect<JsonObject>(definition, "ipAddress");
        ExpectAll(definition, "networks");
        ExpectAll(definition, "volumes");
        if (definition["container"] is JsonObject container)
        {
            Expect<JsonObject>(container, "docker");
            ExpectAll(container, "volumes");
        }
        if (definition["ipAddress"] is JsonObject address)
        {
            Expect<JsonObject>(address, "discovery");
        }

        void Expect<T>(JsonObject parent, string name)
            where T : JsonNode
        {
            if (parent[name] is not (null or T))
            {
                throw Wrong($"has a definition of {id} whose {name} is no {(typeof(T) == typeof(JsonArray) ? "list" : "object")}");
            }
        }

        void ExpectAll(JsonObject parent, string name)
        {
            Expect<JsonArray>(parent, name);
            if ((parent[name] as JsonArray)?.Any(entry => entry is not JsonObject) == true)
            {
                throw Wrong($"has a definition of {id} whose {name} holds something that is no object");
            }
        }
    }

    private static bool IsGroup(JsonObject entry) =>
        entry["apps"] is JsonArray || entry["groups"] is JsonArray || entry["pods"] is JsonArray;

    private static JsonArray Items(JsonObject entry, string name) => entry[name] as JsonArray ?? [];

    private static void Each(JsonArray list, Action<JsonNode?> read)
    {
        foreach (var entry in list)
        {
            read(entry);
        }
    }

    private JsonObject AsObject(JsonNode? node) => node as JsonObject ?? throw Wrong("holds something that is no app, pod or group");

    private string IdOf(JsonObject entry, string group) =>
        entry["id"] is { } id ? Resolve(TextOf(id), group) : throw Wrong("holds a definition without an id");

    private string TextOf(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Wrong("has an id that is not a text");

    private static string Parent(string id) => id.LastIndexOf('/') is > 0 and var slash ? id[..slash] : "/";

    private static string Resolve(string id, string group)
    {
        var segments = new List<string>();
        var whole = id.StartsWith('/') ? id : group + "/" + id;
        foreach (var segment in whole.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == "..")
            {
                segments.RemoveRange(Math.Max(segments.Count - 1, 0), Math.Min(segments.Count, 1));
            }
            else if (segment != ".")
            {
                segments.Add(segment);
            }
        }
        return "/" + string.Join('/', segments);
    }

    private CommandFailure Wrong(string what) => new(ExitCodes.Usage, $"{Source} {what}");
}
