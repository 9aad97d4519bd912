using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;

namespace Plenum.Marathon.Core;

/// <summary>The outcome of everything that changes the root group. Deployed means stored and begun, not finished.</summary>
internal abstract record RootUpdateResult
{
    private RootUpdateResult()
    {
    }

    /// <param name="Plan">Its id and version are the answer to the client; no steps when nothing had to change.</param>
    internal sealed record Deployed(DeploymentPlan Plan, Group Root) : RootUpdateResult
    {
        public string DeploymentId => Plan.Id;

        public Timestamp Version => Plan.Version;
    }

    internal sealed record Planned(DeploymentPlan Plan) : RootUpdateResult;

    internal sealed record Conflict(ImmutableArray<string> Deployments) : RootUpdateResult;

    /// <summary>What the change function answered.</summary>
    internal sealed record Refused(object Error) : RootUpdateResult;

    /// <summary>The new root as a whole is not valid. <paramref name="Path"/> is in the form of error details.</summary>
    internal sealed record Invalid(string Path, string Message) : RootUpdateResult;

    /// <summary>Every port of the service port range is taken.</summary>
    internal sealed record NoServicePorts(string Message) : RootUpdateResult;

    internal sealed record TooManyDeployments(int Limit) : RootUpdateResult;

    /// <summary>The deployment (or task, for kills) named by the client does not exist.</summary>
    internal sealed record NotFound : RootUpdateResult;

    /// <summary>Cancelled by force: abandoned in place, nothing is rolled back.</summary>
    internal sealed record Abandoned : RootUpdateResult;
}
