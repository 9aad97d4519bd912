using Plenum.Marathon.Core;
using Plenum.Marathon.Deployments;

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

    public static Task<ApiAnswer> CancelAsync(ApiCall call) => CancelAsync(call, call.Flag("force"));

    /// <summary>Plenum's own word for the call above without force, beside the ones that follow.</summary>
    public static Task<ApiAnswer> RevertAsync(ApiCall call) => CancelAsync(call, force: false);

    public static Task<ApiAnswer> PauseAsync(ApiCall call) => OrderAsync(call, DeploymentOrder.Pause);

    public static Task<ApiAnswer> ResumeAsync(ApiCall call) => OrderAsync(call, DeploymentOrder.Resume);

    /// <summary>On to the next step of canaries, with <c>full=true</c> to the rest.</summary>
    public static Task<ApiAnswer> PromoteAsync(ApiCall call) =>
        OrderAsync(call, call.Flag("full") ? DeploymentOrder.PromoteAll : DeploymentOrder.Promote);

    private static async Task<ApiAnswer> CancelAsync(ApiCall call, bool force)
    {
        var result = await call.Marathon.CancelDeploymentAsync(call.Argument, force, call.Aborted);
        return result is RootUpdateResult.NotFound ? NoSuchDeployment(call) : ApiAnswer.From(result);
    }

    private static async Task<ApiAnswer> OrderAsync(ApiCall call, DeploymentOrder order) =>
        await call.Marathon.OrderDeploymentAsync(call.Argument, order, call.Aborted) switch
        {
            DeploymentOrderResult.Done done => ApiAnswer.Ok(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("version", done.Plan.Version.ToString());
                writer.WriteString("deploymentId", done.Plan.Id);
                writer.WriteEndObject();
            }),
            DeploymentOrderResult.Refused refused => new ApiProblem(409, refused.Reason),
            _ => NoSuchDeployment(call),
        };

    private static ApiProblem NoSuchDeployment(ApiCall call) =>
        ApiProblem.NotFound($"DeploymentPlan {call.Argument} does not exist");
}
