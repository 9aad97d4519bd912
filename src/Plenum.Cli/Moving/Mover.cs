using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Plenum.Cli.Clients;
using Plenum.Cli.Commands;
using Plenum.Cli.Deployments;
using Plenum.Cli.Output;

namespace Plenum.Cli.Moving;

/// <summary>
/// Sends what a plan found. A refusal ends one item and not the move; what a running deployment holds is sent again when
/// that one has ended; a cluster that stops answering ends the move, and the next run goes on from there.
/// </summary>
internal sealed class Mover(CommandRun run, DeploymentEvents events, TimeSpan patience, CancellationToken cancellationToken)
{
    private const int MaximumMessage = 2000;

    // Only for the case that the event is missed: a cluster whose hands are full frees one with every deployment's end.
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(2);

    private readonly ProgressLine _progress = new(run.Host);
    private int _left;
    private TimeSpan _waited;

    public async Task MoveAsync(IReadOnlyList<MoveItem> plan, Inventory wanted)
    {
        var work = plan.Where(item => item.IsWork).ToList();
        _left = work.Count;
        try
        {
            // First those that others may depend on, and the roles that new services get.
            foreach (var group in work.Where(item => item.Kind is MoveKind.Group))
            {
                await MoveGroupAsync(group);
            }
            foreach (var pod in work.Where(item => item.Kind is MoveKind.Pod))
            {
                await MoveOneAsync(pod, pod.State is MoveState.New ? HttpMethod.Post : HttpMethod.Put, pod.State is MoveState.New ? "v2/pods" : "v2/pods" + MarathonClient.Path(pod.Id), pod.Body);
            }
            foreach (var request in MoveOrder.Requests([.. work.Where(item => item.Kind is MoveKind.App)], wanted))
            {
                await MoveAppsAsync(request);
            }
        }
        finally
        {
            _progress.Clear();
        }
    }

    private async Task MoveGroupAsync(MoveItem group)
    {
        var path = "v2/groups" + MarathonClient.Path(group.Id);
        var enforces = group.Body["enforceRole"]!.GetValue<bool>();
        var answer = new Sent(MoveOutcome.Done, "");
        if (group.State is MoveState.New || group.Fields.Contains("/dependencies"))
        {
            var body = new JsonObject { ["id"] = group.Id, ["dependencies"] = group.Body["dependencies"]!.DeepClone() };
            answer = await SendAsync(HttpMethod.Put, path, body.ToJsonString());
        }
        // A call of its own: the roles of a group are changed together with nothing else.
        if (answer.Outcome is MoveOutcome.Done && (group.Fields.Contains("/enforceRole") || (group.State is MoveState.New && enforces)))
        {
            answer = await SendAsync(HttpMethod.Patch, path, $$"""{"enforceRole":{{(enforces ? "true" : "false")}}}""");
        }
        End(group, answer);
    }

    private async Task MoveAppsAsync(IReadOnlyList<MoveItem> apps)
    {
        if (apps.Count > 1)
        {
            var body = new StringBuilder("[").AppendJoin(',', apps.Select(app => app.Body.ToJsonString())).Append(']');
            var all = await SendAsync(HttpMethod.Put, "v2/apps?partialUpdate=false", body.ToString());
            if (all.Outcome is MoveOutcome.Done)
            {
                foreach (var app in apps)
                {
                    End(app, all);
                }
                return;
            }
        }
        // One of them holds the others up: each alone, in the order of their dependencies, tells which.
        foreach (var app in apps)
        {
            await MoveOneAsync(app, HttpMethod.Put, $"v2/apps{MarathonClient.Path(app.Id)}?partialUpdate=false", app.Body);
        }
    }

    private async Task MoveOneAsync(MoveItem item, HttpMethod method, string path, JsonObject body) =>
        End(item, await SendAsync(method, path, body.ToJsonString()));

    private void End(MoveItem item, Sent sent)
    {
        item.End(sent.Outcome, sent.Message);
        _left--;
        _progress.Show($"{Humane.Count(_left, "definition")} to go", item.Id);
    }

    /// <summary>Sends until the server has said yes or no for good.</summary>
    private async Task<Sent> SendAsync(HttpMethod method, string path, string body)
    {
        while (true)
        {
            var answer = await run.Marathon.ChangeAsync(method, path, body, force: false, cancellationToken);
            if (answer.Succeeded)
            {
                return new Sent(MoveOutcome.Done, "");
            }
            var message = ErrorText.Of(answer, MaximumMessage);
            var blocking = answer.Body.Items("deployments").Select(each => each.Text("id")).FirstOrDefault(id => id.Length > 0);
            // 409 with a deployment: held by it. 403 and 503: too much is under way. Everything else is a no.
            if (blocking is null && answer.Status is not (HttpStatusCode.Forbidden or HttpStatusCode.ServiceUnavailable or HttpStatusCode.Locked))
            {
                return new Sent(MoveOutcome.Refused, message);
            }
            // Of the whole move: thousands that each waited so long would wait for days.
            var left = patience - _waited;
            var start = run.Host.Time.GetTimestamp();
            if (left <= TimeSpan.Zero)
            {
                return new Sent(MoveOutcome.Locked, message);
            }
            if (blocking is not null)
            {
                await run.Follower().FollowAsync(blocking, events, left, cancellationToken);
            }
            else
            {
                _progress.Show("the cluster has too much under way; waiting for a deployment to end");
                await events.WaitAsync(left < AskAgain ? left : AskAgain, cancellationToken);
            }
            _waited += run.Host.Time.GetElapsedTime(start);
        }
    }

    private sealed record Sent(MoveOutcome Outcome, string Message);
}
