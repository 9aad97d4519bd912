using System.Net;
using System.Text.Json;

namespace Plenum.Cli.Clients;

/// <summary>An answer of the cluster: its code and its JSON, when it has one.</summary>
internal sealed record ApiAnswer(HttpStatusCode Status, JsonElement Body, string? DeploymentHeader)
{
    public bool Succeeded => (int)Status is >= 200 and < 300;

    /// <summary>The deployment that carries the change out: from the header, else from the body's two shapes.</summary>
    public string? DeploymentId => DeploymentHeader
        ?? Body.Member("deploymentId")?.GetString()
        ?? Body.Items("deployments").Select(deployment => deployment.Text("id")).FirstOrDefault();
}
