using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Health;

/// <summary>
/// Asks the new instances of a deployment whether they are ready, until they said so once. The answers live as long
/// as the deployment.
/// </summary>
internal sealed class ReadinessBook(CoreContext context, InstanceBook book, RootBook roots)
{
    private readonly Dictionary<PathId, Dictionary<InstanceId, (int Incarnation, ReadinessResult Result)>> _results = [];

    public ImmutableArray<ReadinessResult> ResultsOf(PathId app) =>
        _results.TryGetValue(app, out var results) ? [.. results.Values.Select(entry => entry.Result)] : [];

    public bool IsReady(Instance instance, RunSpec app)
    {
        if (!_results.TryGetValue(app.Id, out var results))
        {
            _results[app.Id] = results = [];
        }

        if (results.TryGetValue(instance.Id, out var known) && known.Incarnation == instance.Incarnation)
        {
            return known.Result.Ready;
        }

        results[instance.Id] =
            (instance.Incarnation, new ReadinessResult(app.ReadinessChecks[0].Name, instance.Id, false, null));
        context.Timers.Set(new TimerKey(TimerKind.ReadinessProbe, instance.Id.Value), context.Now);
        return false;
    }

    public void Probe(InstanceId id)
    {
        if (book.Find(id) is { Condition: Condition.Running } instance
            && IsAwaited(instance)
            && roots.Find(instance.App, instance.Version) is { ReadinessChecks.IsEmpty: false } app)
        {
            var check = app.ReadinessChecks[0];
            var (host, port) = ProbeTarget.ForPortName(app, instance, check.PortName);
            context.Probe(new ProbeRequest(
                new ProbeId(id, instance.Incarnation, ProbeId.Readiness),
                check.Protocol == ReadinessProtocol.Https ? ProbeScheme.Https : ProbeScheme.Http,
                host,
                port,
                check.Path,
                TimeSpan.FromSeconds(check.TimeoutSeconds),
                check.PreserveLastResponse));
        }
    }

    public void Finished(ProbeId id, ProbeOutcome outcome)
    {
        if (book.Find(id.Instance) is not { } instance
            || instance.Incarnation != id.Incarnation
            || !IsAwaited(instance)
            || roots.Find(instance.App, instance.Version) is not { ReadinessChecks.IsEmpty: false } app)
        {
            return;
        }

        var check = app.ReadinessChecks[0];
        var ready = outcome.HttpStatus is { } status && check.HttpStatusCodesForReady.Contains(status);

        // Clients see a service that did not answer as a gateway would show it.
        var response = !check.PreserveLastResponse
            ? null
            : outcome.HttpStatus is { } code
                ? new ReadinessResponse(code, outcome.ContentType, outcome.Body)
                : new ReadinessResponse(504, "text/plain", outcome.Error ?? "no answer");
        _results[app.Id][instance.Id] =
            (instance.Incarnation, new ReadinessResult(check.Name, instance.Id, ready, response));
        if (ready)
        {
            context.Unsettle(app.Id);
        }
        else
        {
            context.Timers.Set(
                new TimerKey(TimerKind.ReadinessProbe, instance.Id.Value),
                context.Now + TimeSpan.FromSeconds(check.IntervalSeconds));
        }
    }

    public void Forget(PathId app)
    {
        if (_results.Remove(app, out var results))
        {
            foreach (var id in results.Keys)
            {
                context.Timers.Cancel(new TimerKey(TimerKind.ReadinessProbe, id.Value));
            }
        }
    }

    private bool IsAwaited(Instance instance) =>
        _results.TryGetValue(instance.App, out var results)
        && results.TryGetValue(instance.Id, out var known)
        && known.Incarnation == instance.Incarnation
        && !known.Result.Ready;
}
