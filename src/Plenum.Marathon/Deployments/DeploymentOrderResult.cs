namespace Plenum.Marathon.Deployments;

internal abstract record DeploymentOrderResult
{
    private DeploymentOrderResult()
    {
    }

    /// <summary>It is stored; also when it changed nothing.</summary>
    internal sealed record Done(DeploymentPlan Plan) : DeploymentOrderResult;

    internal sealed record NotFound : DeploymentOrderResult;

    /// <summary>The deployment is in no state for it.</summary>
    internal sealed record Refused(string Reason) : DeploymentOrderResult;
}
