using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Moving;

/// <summary>Reads what a running Marathon should run: 1.5 or newer wholly, older ones as far as they have it.</summary>
internal sealed class LiveMarathon(ApiClient api)
{
    public async Task<Inventory> ReadAsync(CancellationToken cancellationToken)
    {
        var info = await api.GetAsync("v2/info", cancellationToken);
        // Naming an embed drops the others: pods come as definitions from their own list, not as statuses.
        var groups = await api.GetAsync("v2/groups?embed=group.groups&embed=group.apps", cancellationToken);
        var pods = await api.SendAsync(HttpMethod.Get, "v2/pods", null, cancellationToken);
        // Before 1.4 there were no pods, and no such path.
        if (!pods.Succeeded && pods.Status is not HttpStatusCode.NotFound)
        {
            throw ApiClient.Failure(pods);
        }
        var role = info.Member("marathon_config") is { } config ? config.Text("mesos_role") : "";
        var reader = new InventoryReader(api.Address.Authority, role.Length == 0 ? "*" : role);
        reader.Read(Node(groups));
        foreach (var pod in pods.Succeeded ? pods.Body.Elements() : [])
        {
            reader.Read(Node(pod));
        }
        return reader.Inventory;
    }

    private static JsonNode? Node(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(element),
        JsonValueKind.Array => JsonArray.Create(element),
        _ => null,
    };
}
