using System.Text.Json.Nodes;

namespace Plenum.Agent.Networking;

/// <summary>One interface. It is taken back with the configuration that made it, whatever the file says by then.</summary>
internal sealed record NetworkAttachment
{
    public required string Network { get; init; }

    public required string CniVersion { get; init; }

    public required IReadOnlyList<JsonObject> Plugins { get; init; }

    /// <summary>Where they were found: whoever takes the interface back may have been started with other options.</summary>
    public required IReadOnlyList<string> PluginDirectories { get; init; }

    public required string Interface { get; init; }

    public required JsonArray PortMappings { get; init; }

    /// <summary>The NetworkInfo that was asked for, in the wire's JSON.</summary>
    public required string Request { get; init; }

    /// <summary>Null while the plugins are at it.</summary>
    public JsonObject? Result { get; init; }
}
