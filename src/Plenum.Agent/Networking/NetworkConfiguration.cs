using System.Text.Json;
using System.Text.Json.Nodes;

namespace Plenum.Agent.Networking;

/// <summary>One network: the plugins that make an interface in it, in order.</summary>
/// <param name="Name">What containers ask for.</param>
/// <param name="CniVersion">Version of the plugins' words; 0.1.0 where a file says nothing, as the first files did.</param>
/// <param name="Plugins">The configuration of each plugin; the name and version are added at the call.</param>
internal sealed record NetworkConfiguration(string Name, string CniVersion, IReadOnlyList<JsonObject> Plugins)
{
    private const string OldestVersion = "0.1.0";
    private const string MesosPortMapper = "mesos-cni-port-mapper";

    /// <summary>Plugins of one network; real lists have two to four.</summary>
    private const int MaxPlugins = 32;

    /// <exception cref="NetworkException">It is no configuration; the message says why.</exception>
    public static NetworkConfiguration Parse(string text)
    {
        JsonObject root;
        try
        {
            root = JsonNode.Parse(text) as JsonObject ?? throw new NetworkException("it is not a JSON object");
        }
        catch (JsonException exception)
        {
            throw new NetworkException($"it is not JSON: {exception.Message}", exception);
        }

        var name = Text(root, "name");
        if (string.IsNullOrEmpty(name) || !name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
        {
            // It becomes a file name in host-local's store and part of a firewall comment.
            throw new NetworkException("its name is missing or holds other characters than letters, digits, '.', '-' and '_'");
        }

        var version = Text(root, "cniVersion") ?? OldestVersion;
        JsonObject[] plugins = root["plugins"] is { } list
            ? list is JsonArray array && array.All(static item => item is JsonObject)
                ? [.. array.Select(static item => (JsonObject)item!.DeepClone())]
                : throw new NetworkException("its plugins are not a list of objects")
            : Single(root);
        if (plugins.Length is 0 or > MaxPlugins || plugins.Any(static plugin => string.IsNullOrEmpty(Text(plugin, "type"))))
        {
            throw new NetworkException($"it needs 1 to {MaxPlugins} plugins, each with a type");
        }

        if (plugins.Select(static plugin => Text(plugin, "type")!).FirstOrDefault(static type => type.Contains('/', StringComparison.Ordinal)) is { } path)
        {
            throw new NetworkException($"the plugin type '{path}' is a path: a plugin is a program in the plugin directories");
        }

        return new NetworkConfiguration(name, version, plugins);
    }

    public static string? Text(JsonObject json, string member) =>
        json[member] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    private static JsonObject[] Single(JsonObject root)
    {
        var plugin = (JsonObject)root.DeepClone();
        plugin.Remove("name");
        plugin.Remove("cniVersion");
        return Text(plugin, "type") == MesosPortMapper && plugin["delegate"] is JsonObject wrapped
            ? [(JsonObject)wrapped.DeepClone(), PortMapper()]
            : [plugin];
    }

    /// <summary>Mesos' own plugin, which needs its library, wraps another one and maps ports; here the standard one does that after it.</summary>
    private static JsonObject PortMapper() => new()
    {
        ["type"] = "portmap",
        ["capabilities"] = new JsonObject { ["portMappings"] = true },
        ["snat"] = true,
    };
}
