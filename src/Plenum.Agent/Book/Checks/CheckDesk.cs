using Plenum.Agent.Book.State;
using Plenum.Protocol.V1;
using Cause = Plenum.Agent.Book.Checkpoints.TaskCheckpoint.Types.Kill.Types.Cause;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;
using Source = Plenum.Protocol.V1.TaskStatus.Types.Source;

namespace Plenum.Agent.Book.Checks;

/// <summary>
/// Health checks, which can kill, and checks, which only report (mesos.md 6.13). The next run is
/// planned from the end of the last, so that a slow check never runs twice at once.
/// </summary>
internal sealed class CheckDesk(Desks desks)
{
    /// <summary>An interval of 0 would keep one core busy for one task.</summary>
    private static readonly TimeSpan MinimumInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>After a restart the first checks come in this many portions, spread over each task's interval.</summary>
    private const int Portions = 8;

    private readonly BookState _state = desks.State;
    private long _sequence;
    private int _resumed;

    /// <summary>The task begins to run: plan the first runs.</summary>
    public void Arm(TaskEntry task)
    {
        if (task.Info.HealthCheck is { } health)
        {
            var known = task.Health;
            task.Health = new HealthState
            {
                Since = _state.Now,
                EverHealthy = known?.EverHealthy ?? false,
                Healthy = known?.Healthy,
                NextAt = _state.Now + WireTime.Span(health.DelaySeconds),
            };
        }

        if (task.Info.Check is { } check)
        {
            task.Check = new CheckState
            {
                Result = Empty(check.Type),
                NextAt = _state.Now + WireTime.Span(check.DelaySeconds),
            };
        }

        _state.Touch(task, save: false);
    }

    /// <summary>
    /// The task ran on while the agent was away. All checks at once, from a process that is just starting itself on a
    /// machine that is busy with that, would time out together and take a whole app out of its load balancer: they are
    /// spread, and the verdict from before holds until two in a row say otherwise.
    /// </summary>
    public void Resume(TaskEntry task, bool everHealthy)
    {
        Arm(task);
        if (task.Health is not { } health)
        {
            return;
        }

        health.EverHealthy = everHealthy;
        health.Healthy = task.History.LastOrDefault(static status => status.HasHealthy)?.Healthy;
        if (health.Healthy == true)
        {
            health.Doubted = true;
            var interval = Interval(task.Info.HealthCheck.IntervalSeconds);
            health.NextAt = _state.Now + (interval * (1 + (_resumed++ % Portions)) / Portions);
        }
    }

    public void DeadlineReached(TaskEntry task)
    {
        if (task.Health is { } health && health.NextAt <= _state.Now)
        {
            health.NextAt = null;
            if (task.Kill is null)
            {
                health.Awaited = ++_sequence;
                Start(task, task.Info.HealthCheck, check: null);
            }
        }

        if (task.Check is { } check && check.NextAt <= _state.Now)
        {
            check.NextAt = null;
            if (task.Kill is null)
            {
                check.Awaited = ++_sequence;
                Start(task, health: null, task.Info.Check);
            }
        }
    }

    public void Finished(CheckRun run, CheckOutcome outcome)
    {
        if (!_state.Frameworks.TryGetValue(run.Framework, out var framework)
            || !framework.Tasks.TryGetValue(run.Task, out var task)
            || task.Container != run.Container)
        {
            return;
        }

        if (run.Health is not null && task.Health?.Awaited == run.Sequence)
        {
            HealthFinished(task, task.Health, outcome);
        }
        else if (run.Check is not null && task.Check?.Awaited == run.Sequence)
        {
            CheckFinished(task, task.Check, outcome);
        }
    }

    private void Start(TaskEntry task, HealthCheck? health, CheckInfo? check) =>
        _state.Emit(new AgentEffect.StartCheck(
            new CheckRun(task.Framework.Id, task.Id, task.Container!.Value, _sequence, health, check)));

    private void HealthFinished(TaskEntry task, HealthState health, CheckOutcome outcome)
    {
        health.Awaited = null;
        if (task.Phase != TaskPhase.Running || task.Kill is not null)
        {
            return;
        }

        var settings = task.Info.HealthCheck;
        health.NextAt = _state.Now + Interval(settings.IntervalSeconds);
        _state.Touch(task, save: false);
        if (IsHealthy(outcome))
        {
            var news = health.Healthy != true;
            health.Failures = 0;
            health.Doubted = false;
            health.Healthy = true;
            health.EverHealthy = true;
            if (news)
            {
                Report(task, message: null);
            }

            return;
        }

        if (!health.EverHealthy && _state.Now - health.Since < WireTime.Span(settings.GracePeriodSeconds))
        {
            return;
        }

        if (health.Doubted)
        {
            health.Doubted = false;
            return;
        }

        health.Failures++;
        health.Healthy = false;
        Report(task, Describe(outcome));
        // With 0 the first failure is enough, as for Mesos' checker. That 0 means never is a rule of Marathon's own checks.
        if (health.Failures >= settings.ConsecutiveFailures)
        {
            health.NextAt = null;
            desks.Kills.Kill(task, policy: null, Cause.Unhealthy);
        }
    }

    private void CheckFinished(TaskEntry task, CheckState check, CheckOutcome outcome)
    {
        check.Awaited = null;
        if (task.Phase != TaskPhase.Running || task.Kill is not null)
        {
            return;
        }

        check.NextAt = _state.Now + Interval(task.Info.Check.IntervalSeconds);
        _state.Touch(task, save: false);
        var result = ResultOf(task.Info.Check.Type, outcome);
        if (!result.Equals(check.Result))
        {
            check.Result = result;
            desks.Updates.Report(
                task,
                TaskState.TaskRunning,
                Source.Executor,
                Reason.TaskCheckStatusUpdated,
                outcome.Problem);
        }
    }

    private void Report(TaskEntry task, string? message) => desks.Updates.Report(
        task,
        TaskState.TaskRunning,
        Source.Executor,
        Reason.TaskHealthCheckStatusUpdated,
        message);

    private static bool IsHealthy(CheckOutcome outcome) =>
        outcome.ExitCode == 0 || outcome.HttpStatus is >= 200 and < 400 || outcome.Connected == true;

    private static string Describe(CheckOutcome outcome) => outcome switch
    {
        { Problem: { } problem } => problem,
        { ExitCode: { } code } => $"The health check command exited with status {code}",
        { HttpStatus: { } status } => $"The health check got HTTP status {status}",
        _ => "The health check's connection was refused",
    };

    private static TimeSpan Interval(double seconds)
    {
        var interval = WireTime.Span(seconds);
        return interval > MinimumInterval ? interval : MinimumInterval;
    }

    // The kind is always there; an empty result says "not yet run" or "could not be run" (mesos.md 6.13).
    private static CheckStatusInfo Empty(CheckInfo.Types.Type type) => type switch
    {
        CheckInfo.Types.Type.Command => new() { Type = type, Command = new() },
        CheckInfo.Types.Type.Http => new() { Type = type, Http = new() },
        CheckInfo.Types.Type.Tcp => new() { Type = type, Tcp = new() },
        _ => new() { Type = type },
    };

    private static CheckStatusInfo ResultOf(CheckInfo.Types.Type type, CheckOutcome outcome)
    {
        var result = Empty(type);
        if (outcome.ExitCode is { } code)
        {
            result.Command = new CheckStatusInfo.Types.Command { ExitCode = code };
        }

        if (outcome.HttpStatus is { } status)
        {
            result.Http = new CheckStatusInfo.Types.Http { StatusCode = (uint)status };
        }

        if (outcome.Connected is { } connected)
        {
            result.Tcp = new CheckStatusInfo.Types.Tcp { Succeeded = connected };
        }

        return result;
    }
}
