using System.Text.Json;
using Plenum.Cli.Clients;
using Plenum.Cli.Output;

namespace Plenum.Cli.Deployments;

/// <summary>
/// Waits for the end of a deployment and shows how far it is. The end comes by event; the list of
/// deployments gives the progress and closes the gap when the event was missed. A cluster that stops
/// answering is waited for: a restarted master goes on where it was.
/// </summary>
internal sealed class DeploymentFollower(MarathonClient marathon, ProgressLine progress, TimeProvider time)
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(250);

    // An event may come a little later than the deployment leaves the list.
    private const int PollsAfterGone = 8;

    // A restart of the master takes seconds; after a minute somebody should look.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    public async Task<DeploymentEnd> FollowAsync(
        string id, DeploymentEvents events, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await FollowCoreAsync(id, events, timeout, cancellationToken);
        }
        finally
        {
            progress.Clear();
        }
    }

    private async Task<DeploymentEnd> FollowCoreAsync(
        string id, DeploymentEvents events, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var lastAnswer = start;
        var gone = 0;
        string? heldBack = null;
        var lastText = "";
        while (true)
        {
            if (events.EndOf(id) is { } end)
            {
                return end;
            }
            if (timeout is { } limit && time.GetElapsedTime(start) >= limit)
            {
                return new DeploymentEnd(DeploymentResult.TimedOut, heldBack);
            }
            try
            {
                var running = (await marathon.DeploymentsAsync(cancellationToken)).FirstOrDefault(each => each.Text("id") == id);
                lastAnswer = time.GetTimestamp();
                if (running.ValueKind is JsonValueKind.Undefined)
                {
                    if (++gone > PollsAfterGone)
                    {
                        return new DeploymentEnd(DeploymentResult.Over);
                    }
                }
                else
                {
                    gone = 0;
                    if (DeploymentText.Standstill(running) is { } waits)
                    {
                        return new DeploymentEnd(DeploymentResult.Waits, waits);
                    }
                    var now = await DeploymentText.ProgressAsync(marathon, running, cancellationToken);
                    // A start that is tried again is not held back at this moment; why it was stays true until something moves.
                    heldBack = now.HeldBack ?? (now.Text == lastText ? heldBack : null);
                    lastText = now.Text;
                    progress.Show((now with { HeldBack = heldBack }).ToString(), now.Countdown);
                }
            }
            catch (CommandFailure failure) when (failure.ExitCode == ExitCodes.Unreachable && time.GetElapsedTime(lastAnswer) < Patience)
            {
                progress.Show("the cluster does not answer; waiting for it to come back");
            }
            await events.WaitAsync(PollInterval, cancellationToken);
        }
    }
}
