using System.Text.Json.Nodes;

namespace Plenum.Agent.Networking;

/// <summary>What is the same for all plugins of one interface of one container.</summary>
/// <param name="ContainerId">CNI_CONTAINERID.</param>
/// <param name="NamespaceFile">CNI_NETNS; empty when the namespace is gone, after a reboot for example.</param>
/// <param name="PluginDirectories">Where its plugins are.</param>
/// <param name="Interface">CNI_IFNAME.</param>
/// <param name="PortMappings">For plugins that declare the capability.</param>
/// <param name="Arguments">The member "args" of the configuration: what Mesos tells plugins about the container.</param>
internal sealed record PluginCall(
    string ContainerId, string NamespaceFile, IReadOnlyList<string> PluginDirectories, string Interface, JsonArray PortMappings, JsonObject Arguments);
