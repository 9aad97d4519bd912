using System.Globalization;
using Plenum.Marathon.Persistence;
using Plenum.Metronome.Core;
using Plenum.Metronome.Cron;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Runs;
using Plenum.Metronome.Schedules;
using Plenum.Protocol.V1;
using StoreKeys = Plenum.Metronome.Persistence.StoreKeys;

namespace Plenum.Metronome.Tests.Core;

/// <summary>
/// Whole lives of the core from seeds: crashes, lost calls, broken subscriptions, time that passes in between. What must
/// hold is held against everything that was ever written, not against what is left at the end.
/// </summary>
public class SimulationTests
{
    private const int Seeds = 25;
    private const int Steps = 150;

    [Fact]
    public void No_tick_is_silent_forbidden_runs_never_double_and_no_run_is_lost_whatever_breaks()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            try
            {
                new Life(seed).Run();
            }
            catch (Exception failed)
            {
                throw new InvalidOperationException($"seed {seed}: {failed.Message}", failed);
            }
        }
    }

    [Fact]
    public void The_same_seed_writes_the_same()
    {
        var first = new Life(7);
        first.Run();
        var second = new Life(7);
        second.Run();
        second.Trace.ShouldBe(first.Trace);
    }

    private sealed class Life
    {
        private static readonly (string Job, string Cron, bool Forbid)[] Plans =
        [
            ("often", "* * * * *", false),
            ("alone", "*/2 * * * *", true),
            ("hourly.report", "5 * * * *", true),
        ];

        private readonly Random _random;
        private readonly CoreHarness _harness = new();
        private readonly DateTimeOffset _begin;
        private readonly Dictionary<RunKey, JobRun> _runs = [];
        private readonly Dictionary<long, (string Job, SkippedTick Tick)> _skips = [];
        private bool _isConnected;

        public Life(int seed)
        {
            _random = new Random(seed);
            _begin = _harness.Wall;
            _harness.OnWrite = Written;
        }

        public List<string> Trace { get; } = [];

        public void Run()
        {
            foreach (var (job, cron, forbid) in Plans)
            {
                var policy = forbid ? "FORBID" : "ALLOW";
                _harness.Create(CoreHarness.Job(
                    job,
                    CoreHarness.Schedule("every", cron, $", \"concurrencyPolicy\": \"{policy}\""),
                    _random.Next(2) == 0 ? ", \"restart\": {\"policy\": \"ON_FAILURE\", \"activeDeadlineSeconds\": 120}" : ""));
            }

            _harness.Create(CoreHarness.Job("child", ", \"dependencies\": [{\"id\": \"alone\"}]"));
            for (var step = 0; step < Steps; step++)
            {
                _harness.LosesCall = _isConnected ? () => false : () => true;
                Step();
                NeverDoubles();
            }

            Drain();
            EveryTickIsDecided();
        }

        private void Step()
        {
            switch (_random.Next(12))
            {
                case 0:
                    _harness.Restart(TimeSpan.FromSeconds(_random.Next(1, 2000)));
                    _isConnected = false;
                    break;
                case 1 when _isConnected:
                    // The calls of one last turn are lost with the connection.
                    _harness.LosesCall = () => true;
                    Offer();
                    _harness.Disconnect();
                    _isConnected = false;
                    break;
                case 2:
                    _harness.Start(Plans[0].Job);
                    break;
                case 3 when _harness.Find("often").Active.Values.FirstOrDefault() is { } run:
                    _harness.Stop("often", run.Id);
                    break;
                case < 6:
                    _harness.Pass(TimeSpan.FromSeconds(_random.Next(1, 200)));
                    break;
                default:
                    Live();
                    break;
            }
        }

        private void Live()
        {
            if (!_isConnected)
            {
                _harness.LosesCall = () => false;
                _harness.Connect();
                _isConnected = true;
            }

            Offer();
            foreach (var task in _harness.Cluster.Alive.ToList())
            {
                var next = _random.Next(6) switch
                {
                    0 => TaskState.TaskFailed,
                    1 or 2 => TaskState.TaskFinished,
                    3 => TaskState.TaskRunning,
                    _ => task.State,
                };
                if (next != task.State)
                {
                    _harness.Report(task, next);
                }
            }

            _harness.Handle([.. _harness.Cluster.Repeated()]);
            _harness.Flush();
        }

        private void Offer() => _harness.Offer();

        /// <summary>Nothing breaks any more: all that was begun ends.</summary>
        private void Drain()
        {
            foreach (var (job, _, _) in Plans)
            {
                _harness.Do((time, effects) => _harness.Core.UpdateSchedule(
                    job, _harness.Find(job).Spec.Schedules[0] with { Enabled = false }, time, effects));
            }

            _harness.LosesCall = static () => false;
            for (var round = 0; round < 200 && (_harness.Core.Snapshot().Jobs.Values.Any(static job => !job.Active.IsEmpty) || _harness.Cluster.Alive.Any()); round++)
            {
                _isConnected = false;
                _harness.Connect();
                _isConnected = true;
                Offer();
                foreach (var task in _harness.Cluster.Alive.ToList())
                {
                    _harness.Report(task, TaskState.TaskFinished);
                }

                _harness.Handle([.. _harness.Cluster.Repeated()]);
                _harness.Flush();
                _harness.Pass(TimeSpan.FromMinutes(5));
            }

            _harness.Core.Snapshot().Jobs.Values.ShouldAllBe(static job => job.Active.IsEmpty);
            _harness.Cluster.Alive.ShouldBeEmpty();
            _runs.Values.ShouldAllBe(static run => run.IsOver);
        }

        private void NeverDoubles()
        {
            foreach (var (job, _, _) in Plans.Where(static plan => plan.Forbid))
            {
                _harness.Find(job).Active.Count.ShouldBeLessThanOrEqualTo(1, job);
                var prefix = job.Replace('.', '_') + "_";
                _harness.Cluster.Alive.Count(task => task.Id.StartsWith(prefix, StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(1, job);
            }
        }

        private void EveryTickIsDecided()
        {
            foreach (var (job, cron, _) in Plans)
            {
                var disabled = _disabledAt[job];
                var spec = CronSpec.Parse(cron);
                var started = _runs.Values.Where(run => run.JobId == job && run.ScheduledFor is not null).ToLookup(run => run.ScheduledFor!.Value);
                for (var tick = spec.Next(_begin, TimeZoneInfo.Utc)!.Value; tick <= disabled; tick = spec.Next(tick, TimeZoneInfo.Utc)!.Value)
                {
                    var runs = started[tick].Count();
                    var skips = _skips.Values.Count(skip => skip.Job == job && skip.Tick.First <= tick && tick <= skip.Tick.Last);
                    (runs + skips).ShouldBeGreaterThan(0, $"the tick of {job} at {tick:s} was silent");
                    runs.ShouldBeLessThanOrEqualTo(1, $"the tick of {job} at {tick:s} was started twice");
                }
            }
        }

        private readonly Dictionary<string, DateTimeOffset> _disabledAt = [];

        private void Written(string key, byte[]? value)
        {
            Trace.Add(string.Create(CultureInfo.InvariantCulture, $"{key} {(value is null ? "-" : System.Text.Encoding.UTF8.GetString(value))}"));
            if (value is null)
            {
                return;
            }

            if (key.StartsWith(StoreKeys.RunsPrefix, StringComparison.Ordinal))
            {
                var run = StoredJson.Read<JobRun>(key, value);
                if (_runs.TryGetValue(run.Key, out var before) && before.IsOver)
                {
                    throw new InvalidOperationException($"run {run.Id} changed after its end");
                }

                _runs[run.Key] = run;
            }
            else if (key.StartsWith(StoreKeys.SkipsPrefix, StringComparison.Ordinal))
            {
                var skip = StoredJson.Read<SkippedTick>(key, value);
                _skips[skip.Sequence] = (key.Split('/')[2], skip);
            }
            else if (key.StartsWith(StoreKeys.JobsPrefix, StringComparison.Ordinal)
                && StoredJson.Read<JobSpec>(key, value) is { Schedules: [{ Enabled: false }] } disabled)
            {
                _disabledAt[disabled.Id] = _harness.Wall;
            }
        }
    }
}
