using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Health;

/// <summary>
/// Health of running instances. HTTP, HTTPS and TCP checks are performed by the orchestrator through probes;
/// COMMAND and MESOS_* checks by the agent, whose verdict comes with status updates.
/// </summary>
internal sealed class HealthBook(CoreContext context, InstanceBook book, RootBook roots, InstanceActions actions)
{
    /// <summary>First tick after the interval, but no later than this: Marathon's constant.</summary>
    private static readonly TimeSpan MaxFirstDelay = TimeSpan.FromSeconds(5);

    public bool IsHealthy(Instance instance, RunSpec app)
    {
        var checks = app.AllHealthChecks;
        if (checks.IsEmpty)
        {
            return true;
        }

        var results = ResultsOf(instance);
        for (var i = 0; i < checks.Count; i++)
        {
            if (app.IsPerformed(i) && (i >= results.Length || results[i].Alive != true))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A task began to run (or was found running after a restart): its checks begin.</summary>
    public void Started(Instance instance)
    {
        if (roots.Find(instance.App, instance.Version) is not AppDefinition app)
        {
            return;
        }

        for (var i = 0; i < app.HealthChecks.Count; i++)
        {
            if (app.HealthChecks[i].IsMarathonLevel)
            {
                var interval = TimeSpan.FromSeconds(app.HealthChecks[i].IntervalSeconds);
                context.Timers.SetIfAbsent(
                    new TimerKey(TimerKind.HealthProbe, instance.Id.Value, i),
                    context.Now + (interval < MaxFirstDelay ? interval : MaxFirstDelay));
            }
        }
    }

    /// <summary>What was known before a restart holds until the first probe after it.</summary>
    public void Restore(Instance instance)
    {
        if (instance.Healthy is { } healthy && roots.Find(instance.App, instance.Version) is { } app)
        {
            var known = new HealthResult(instance.Id) { Alive = healthy, FirstSuccess = healthy ? instance.StartedAt : null };
            book.SetHealth(instance, [.. app.AllHealthChecks.Select((_, i) => app.IsPerformed(i) ? known : new HealthResult(instance.Id))]);
        }

        Started(instance);
    }

    public void Probe(InstanceId id, int index)
    {
        if (book.Find(id) is { Condition: Condition.Running } instance
            && roots.Find(instance.App, instance.Version) is AppDefinition app
            && index < app.HealthChecks.Count)
        {
            var check = app.HealthChecks[index];
            var (host, port) = ProbeTarget.For(app, instance, check);
            context.Probe(new ProbeRequest(
                new ProbeId(id, instance.Incarnation, index),
                check.Protocol switch
                {
                    HealthCheckProtocol.Https => ProbeScheme.Https,
                    HealthCheckProtocol.Tcp => ProbeScheme.Tcp,
                    _ => ProbeScheme.Http,
                },
                host,
                port,
                check.Path ?? "/",
                TimeSpan.FromSeconds(check.TimeoutSeconds),
                KeepBody: false));
        }
    }

    public void Finished(ProbeId id, ProbeOutcome outcome)
    {
        if (book.Find(id.Instance) is not { Condition: Condition.Running } instance
            || instance.Incarnation != id.Incarnation
            || roots.Find(instance.App, instance.Version) is not AppDefinition app
            || id.Check >= app.HealthChecks.Count)
        {
            return;
        }

        var check = app.HealthChecks[id.Check];
        context.Timers.Set(
            new TimerKey(TimerKind.HealthProbe, id.Instance.Value, id.Check),
            context.Now + TimeSpan.FromSeconds(check.IntervalSeconds));

        // An HTTP 1xx says nothing either way when the definition says so.
        if (check.IgnoreHttp1xx && outcome.HttpStatus is >= 100 and < 200)
        {
            return;
        }

        if (CauseOf(check, outcome) is { } cause)
        {
            Failed(instance, app, id.Check, cause);
        }
        else
        {
            Succeeded(instance, app, id.Check);
        }
    }

    /// <summary>The agent's verdict about its check. It kills by itself; here the result is only kept and told.</summary>
    /// <param name="container">The pod's container that was checked; null for the task of an app.</param>
    public void Reported(Instance instance, string? container, bool healthy, string? message)
    {
        if (roots.Find(instance.App, instance.Version) is not { } app || app.AgentCheckOf(container) is not (>= 0 and var index))
        {
            return;
        }

        if (healthy)
        {
            Succeeded(instance, app, index);
            return;
        }

        var cause = string.IsNullOrEmpty(message) ? "the agent reports the task unhealthy" : message;
        context.Publish(new MarathonEvent.FailedHealthCheck(context.Now, app.Id, instance.Id, app.AllHealthChecks[index]));
        Set(instance, app, index, Failure(ResultOf(instance, index), cause));
    }

    private static string? CauseOf(HealthCheck check, ProbeOutcome outcome)
    {
        if (outcome.Error is { } error)
        {
            return error;
        }

        if (check.Protocol == HealthCheckProtocol.Tcp)
        {
            return outcome.Connected ? null : "the connection was refused";
        }

        return outcome.HttpStatus is >= 200 and < 400 ? null : $"HTTP status {outcome.HttpStatus}";
    }

    private void Succeeded(Instance instance, RunSpec app, int index)
    {
        var before = ResultOf(instance, index);
        Set(instance, app, index, before with
        {
            Alive = true,
            ConsecutiveFailures = 0,
            FirstSuccess = before.FirstSuccess ?? context.Now,
            LastSuccess = context.Now,
        });
    }

    private void Failed(Instance instance, AppDefinition app, int index, string cause)
    {
        var check = app.HealthChecks[index];
        var before = ResultOf(instance, index);

        // Before its first success an instance may fail for as long as the grace period.
        var startedAt = instance.StartedAt ?? instance.Since;
        if (before.FirstSuccess is null && context.Now < startedAt + TimeSpan.FromSeconds(check.GracePeriodSeconds))
        {
            return;
        }

        context.Publish(new MarathonEvent.FailedHealthCheck(context.Now, app.Id, instance.Id, check));

        // The count before this failure decides: the kill comes with failure number maximum + 1.
        var kill = check.MaxConsecutiveFailures > 0
            && before.ConsecutiveFailures >= check.MaxConsecutiveFailures
            && !instance.KillRequested;
        Set(instance, app, index, Failure(before, cause));
        if (!kill)
        {
            return;
        }

        context.Publish(new MarathonEvent.UnhealthyInstanceKill(
            context.Now, app.Id, instance.TaskId, instance.Id, instance.Version, cause,
            instance.Place?.Host ?? "", instance.Place?.AgentId));
        book.SetFailure(new TaskFailure(
            app.Id,
            instance.TaskId,
            "TASK_KILLED",
            $"Task was killed since health check failed. Reason: {cause}",
            instance.Place?.Host ?? "",
            context.Now,
            instance.Version,
            instance.Place?.AgentId));
        actions.Kill(book.Find(instance.Id) ?? instance);
    }

    private HealthResult Failure(HealthResult before, string cause) => before with
    {
        Alive = false,
        ConsecutiveFailures = before.ConsecutiveFailures + 1,
        LastFailure = context.Now,
        LastFailureCause = cause,
    };

    private ImmutableArray<HealthResult> ResultsOf(Instance instance) =>
        book.Of(instance.App).Health.TryGetValue(instance.Id, out var results) ? results : [];

    private HealthResult ResultOf(Instance instance, int index)
    {
        var results = ResultsOf(instance);
        return index < results.Length ? results[index] : new HealthResult(instance.Id);
    }

    private void Set(Instance instance, RunSpec app, int index, HealthResult result)
    {
        var results = ResultsOf(instance);
        var before = ResultOf(instance, index);
        bool? wasHealthy = results.IsEmpty ? null : IsHealthy(instance, app);
        while (results.Length <= index)
        {
            results = results.Add(new HealthResult(instance.Id));
        }

        book.SetHealth(instance, results.SetItem(index, result));
        if (before.Alive != result.Alive)
        {
            context.Publish(new MarathonEvent.HealthStatusChanged(
                context.Now, app.Id, instance.Id, instance.Version, result.Alive == true));
        }

        var isHealthy = IsHealthy(instance, app);
        if (wasHealthy != isHealthy)
        {
            if (book.Find(instance.Id) is { } current)
            {
                book.Put(current with { Healthy = isHealthy });
            }

            context.Publish(new MarathonEvent.InstanceHealthChanged(
                context.Now, instance.Id, app.Id, isHealthy, instance.Version));
            context.Unsettle(app.Id);
        }
    }
}
