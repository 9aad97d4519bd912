using System.Net;
using Plenum.Cli.Clients;

namespace Plenum.Cli.Moving;

/// <summary>Reads what a running Marathon should run: 1.5 or newer wholly, older ones as far as they have it.</summary>
internal sealed class LiveMarathon(ApiClient api)
{
    /// <param name="dropDefaultRole">Leave out the role that this Marathon gives by itself: another one has its own.</param>
    /// <param name="cancellationToken">Ends the requests.</param>
    public async Task<Inventory> ReadAsync(bool dropDefaultRole, CancellationToken cancellationToken)
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
        var reader = new InventoryReader(api.Address.Authority, !dropDefaultRole ? null : role.Length == 0 ? "*" : role);
        reader.Read(MoveFiles.Node(groups));
        foreach (var pod in pods.Succeeded ? pods.Body.Elements() : [])
        {
            reader.Read(MoveFiles.Node(pod));
        }
        return reader.Inventory;
    }
}
