using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;

namespace Plenum.Marathon.Core;

/// <summary>
/// What the API sees of the orchestrator. Writes are taken one after the other; an answer means that
/// the change is stored.
/// </summary>
internal interface IMarathon
{
    /// <summary>The state after everything that was answered so far.</summary>
    MarathonSnapshot Snapshot { get; }

    MarathonOptions Options { get; }

    EventHub Events { get; }

    /// <exception cref="MarathonBusyException">Too many updates wait already.</exception>
    Task<RootUpdateResult> UpdateRootAsync(RootUpdate update, CancellationToken cancellationToken);

    /// <inheritdoc cref="UpdateRootAsync" path="/exception"/>
    Task<KillTasksResult> KillTasksAsync(KillTasks request, CancellationToken cancellationToken);

    /// <summary>Rolls the deployment back in a new, forced one; with force abandons it where it stands.</summary>
    /// <inheritdoc cref="UpdateRootAsync" path="/exception"/>
    Task<RootUpdateResult> CancelDeploymentAsync(string deploymentId, bool force, CancellationToken cancellationToken);

    /// <summary>Pauses a deployment, resumes it, or promotes its canaries.</summary>
    /// <inheritdoc cref="UpdateRootAsync" path="/exception"/>
    Task<DeploymentOrderResult> OrderDeploymentAsync(string deploymentId, DeploymentOrder order, CancellationToken cancellationToken);

    /// <summary>Ends the backoff of a service. False when it has nothing in the queue.</summary>
    /// <inheritdoc cref="UpdateRootAsync" path="/exception"/>
    Task<bool> ResetDelayAsync(PathId app, CancellationToken cancellationToken);
}
