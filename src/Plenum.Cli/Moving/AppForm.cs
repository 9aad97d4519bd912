using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

/// <summary>
/// A definition as one would write it down: without what only the server knows, and in today's form where the source
/// prints an older one or both.
/// </summary>
internal static class AppForm
{
    // Marathon prints these beside the definition and ignores or refuses them when they come back.
    private static readonly string[] ServerSide =
    [
        "version", "versionInfo", "tasks", "tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy", "tasksStats",
        "taskStats", "deployments", "lastTaskFailure", "readinessCheckResults",
    ];

    public static JsonObject Clean(JsonObject app)
    {
        var clean = WithoutNulls(app);
        foreach (var name in ServerSide)
        {
            clean.Remove(name);
        }
        // Versions from before 1.5 print the old and the new form side by side; only the new one is kept. An old
        // form that stands alone goes to the server as it is, which knows how to read it.
        if (clean["fetch"] is JsonArray)
        {
            clean.Remove("uris");
        }
        else if (clean["uris"] is JsonArray uris)
        {
            clean.Remove("uris");
            clean["fetch"] = new JsonArray([.. uris.Select(Artifact)]);
        }
        LiftNetwork(clean);
        LiftAddress(clean);
        foreach (var constraint in (clean["constraints"] as JsonArray ?? []).OfType<JsonArray>().Where(each => each is [_, _, JsonValue]))
        {
            // Old user interfaces wrote an empty value for operators that take none.
            if (constraint[2]!.ToString().Length == 0)
            {
                constraint.RemoveAt(2);
            }
        }
        var host = IsHost(clean);
        if (clean["portDefinitions"] is not null || clean["container"]?["portMappings"] is not null || !host)
        {
            clean.Remove("ports");
        }
        else if (clean["ports"] is JsonArray ports)
        {
            clean.Remove("ports");
            clean["portDefinitions"] = new JsonArray(
                [.. ports.Select(JsonNode? (port) => new JsonObject { ["port"] = port?.DeepClone(), ["protocol"] = "tcp" })]);
        }
        // The same mixture the other way: 1.4 prints portDefinitions for bridged apps, which are refused today.
        if (!host)
        {
            clean.Remove("portDefinitions");
        }
        else if (clean["container"]?["portMappings"] is JsonArray { Count: 0 })
        {
            clean["container"]!.AsObject().Remove("portMappings");
        }
        return clean;
    }

    public static JsonObject CleanPod(JsonObject pod)
    {
        var clean = WithoutNulls(pod);
        clean.Remove("version");
        return clean;
    }

    public static bool IsHost(JsonObject app) =>
        app["networks"] is not JsonArray { Count: > 0 } networks
        || networks.All(network => network?["mode"]?.ToString().ToUpperInvariant() == "HOST");

    // container.docker.network and its mappings, as 1.4 and older print them.
    private static void LiftNetwork(JsonObject app)
    {
        if (app["container"]?["docker"] is not JsonObject docker)
        {
            return;
        }
        var mode = docker["network"]?.ToString().ToUpperInvariant();
        if (mode is "HOST" or "BRIDGE" && app["ipAddress"] is null)
        {
            docker.Remove("network");
            app["networks"] ??= new JsonArray(new JsonObject { ["mode"] = mode == "HOST" ? "host" : "container/bridge" });
        }
        if (docker["portMappings"] is { } mappings)
        {
            docker.Remove("portMappings");
            // Host mode never had mappings that meant anything.
            if (mode != "HOST")
            {
                app["container"]!["portMappings"] ??= mappings;
            }
        }
    }

    // An address of its own: today a container network, whose discovery ports are mappings.
    private static void LiftAddress(JsonObject app)
    {
        // With other networks beside it, the server says what is wrong.
        if (app["ipAddress"] is not JsonObject address || app["networks"] is not null
            || app["container"]?["docker"]?["network"]?.ToString().ToUpperInvariant() is "HOST" or "BRIDGE")
        {
            return;
        }
        app.Remove("ipAddress");
        var network = new JsonObject { ["mode"] = "container" };
        foreach (var (from, to) in new[] { ("networkName", "name"), ("labels", "labels") })
        {
            if (address[from] is { } value)
            {
                network[to] = value.DeepClone();
            }
        }
        app["networks"] = new JsonArray(network);
        if (app["container"] is not JsonObject container)
        {
            app["container"] = container = new JsonObject { ["type"] = "MESOS" };
        }
        (container["docker"] as JsonObject)?.Remove("network");
        if (address["discovery"]?["ports"] is JsonArray ports)
        {
            container["portMappings"] ??= new JsonArray([.. ports.OfType<JsonObject>().Select(Mapping)]);
        }

        static JsonNode? Mapping(JsonObject port)
        {
            var mapping = (JsonObject)port.DeepClone();
            mapping.Remove("number");
            mapping["containerPort"] = port["number"]?.DeepClone() ?? 0;
            return mapping;
        }
    }

    // The endings that Marathon unpacked when it still spoke of uris.
    private static JsonNode? Artifact(JsonNode? uri)
    {
        var text = uri?.ToString() ?? "";
        string[] archives = [".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".gz", ".tgz", ".tbz2", ".txz", ".zip"];
        return new JsonObject { ["uri"] = text, ["extract"] = archives.Any(end => text.EndsWith(end, StringComparison.Ordinal)) };
    }

    private static JsonObject WithoutNulls(JsonObject from) => (JsonObject)Strip(from)!;

    private static JsonNode? Strip(JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(
            members.Where(member => member.Value is not null).Select(member => KeyValuePair.Create(member.Key, Strip(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Strip)]),
        _ => node?.DeepClone(),
    };
}
