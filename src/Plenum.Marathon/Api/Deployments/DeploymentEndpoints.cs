using Plenum.Marathon.Core;

namespace Plenum.Marathon.Api.Deployments;

internal static class DeploymentEndpoints
{
    public static ApiAnswer List(ApiCall call) => ApiAnswer.Ok(writer =>
    {
        writer.WriteStartArray();
        foreach (var deployment in call.Snapshot.Deployments)
        {
            DeploymentView.Write(writer, deployment);
        }

        writer.WriteEndArray();
    });

    public static async Task<ApiAnswer> CancelAsync(ApiCall call)
    {
        var result = await call.Marathon.CancelDeploymentAsync(call.Argument, call.Flag("force"), call.Aborted);
        return result is RootUpdateResult.NotFound
            ? ApiProblem.NotFound($"DeploymentPlan {call.Argument} does not exist")
            : ApiAnswer.From(result);
    }
}
