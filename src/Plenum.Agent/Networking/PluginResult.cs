using System.Net;
using System.Text.Json.Nodes;

namespace Plenum.Agent.Networking;

/// <summary>What an ADD came to, from the words of any version of CNI.</summary>
internal sealed record PluginResult
{
    /// <summary>Addresses of the container's own interface, without prefix lengths.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    public IReadOnlyList<string> NameServers { get; init; } = [];

    public IReadOnlyList<string> SearchDomains { get; init; } = [];

    public IReadOnlyList<string> ResolverOptions { get; init; } = [];

    /// <summary>
    /// Up to 0.2 the members ip4 and ip6; from 0.3 on a list of addresses, each with the index of its interface: those
    /// of the machine's own end (an interface without sandbox) are not the container's.
    /// </summary>
    public static PluginResult Parse(JsonObject result)
    {
        var addresses = new List<IPAddress>();
        foreach (var member in (string[])["ip4", "ip6"])
        {
            if (result[member] is JsonObject old && NetworkConfiguration.Text(old, "ip") is { } text)
            {
                Add(addresses, text);
            }
        }

        var interfaces = result["interfaces"] as JsonArray;
        foreach (var ip in (result["ips"] as JsonArray ?? []).OfType<JsonObject>())
        {
            if (NetworkConfiguration.Text(ip, "address") is { } text && !IsOfMachine(ip, interfaces))
            {
                Add(addresses, text);
            }
        }

        var dns = result["dns"] as JsonObject;
        return new PluginResult
        {
            Addresses = addresses,
            NameServers = Texts(dns, "nameservers"),
            SearchDomains = Texts(dns, "search") is { Count: > 0 } search
                ? search
                : dns is not null && NetworkConfiguration.Text(dns, "domain") is { Length: > 0 } domain ? [domain] : [],
            ResolverOptions = Texts(dns, "options"),
        };
    }

    private static bool IsOfMachine(JsonObject ip, JsonArray? interfaces) =>
        ip["interface"] is JsonValue value && value.TryGetValue<int>(out var index)
        && interfaces is not null && index >= 0 && index < interfaces.Count
        && interfaces[index] is JsonObject owner && string.IsNullOrEmpty(NetworkConfiguration.Text(owner, "sandbox"));

    private static void Add(List<IPAddress> addresses, string text)
    {
        if (IPAddress.TryParse(text.Split('/')[0], out var address) && !addresses.Contains(address))
        {
            addresses.Add(address);
        }
    }

    private static IReadOnlyList<string> Texts(JsonObject? json, string member) =>
        json?[member] is JsonArray list
            ? [.. list.OfType<JsonValue>().Select(static v => v.TryGetValue<string>(out var text) ? text : "").Where(static text => text.Length > 0)]
            : [];
}
