using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Tests.Core;

/// <summary>
/// A small cluster under faults, all from one seed: tasks fail, updates are lost until they are sent again, kills are
/// lost, the connection breaks, the orchestrator restarts from its store, and users change things meanwhile.
/// </summary>
public sealed class SimulationTests
{
    private const int Seeds = 60;
    private const int FaultySteps = 250;

    [Fact]
    public void Services_reach_what_was_asked_for_once_the_faults_end()
    {
        for (var seed = 1; seed <= Seeds; seed++)
        {
            try
            {
                new World(seed).Run();
            }
            catch (Exception broken)
            {
                throw new InvalidOperationException($"seed {seed}: {broken.Message}", broken);
            }
        }
    }

    private sealed class World(int seed)
    {
        private static readonly string[] Apps = ["/one", "/two", "/g/three"];

        private readonly Random _random = new(seed);
        private readonly CoreHarness _core = CoreHarness.Connected(seed: seed);

        // What really runs: task id to state, and the updates that were not acknowledged yet.
        private readonly SortedDictionary<string, TaskState> _tasks = new(StringComparer.Ordinal);
        private readonly List<TaskStatus> _unacknowledged = [];
        private readonly HashSet<string> _ended = [];
        private bool _connected = true;
        private bool _faulty = true;

        public void Run()
        {
            for (var step = 0; step < FaultySteps; step++)
            {
                Step();
                Check();
            }

            // The faults end: now everything asked for must come true.
            _faulty = false;
            if (!_connected)
            {
                Reconnect();
            }

            for (var step = 0; step < 400 && !IsSettled(); step++)
            {
                Deliver();
                Offer();
                _core.Pass(20);
                Deliver();
                Check();
            }

            Explain().ShouldBe("");
        }

        private void Step()
        {
            switch (_random.Next(14))
            {
                case 0:
                    Change();
                    break;
                case 1:
                    var app = _core.State.Root.AllApps.OrderBy(app => app.Id).ElementAtOrDefault(_random.Next(3));
                    if (app is not null)
                    {
                        _core.Kill(new KillTasks([.. _core.Instances(app.Id.Text).Take(1).Select(instance => instance.Id)])
                        {
                            Wipe = _random.Next(3) == 0,
                        });
                    }

                    break;
                case 2:
                    FailOne();
                    break;
                case 3 when _random.Next(3) == 0:
                    _core.Restart(connect: false);
                    _connected = false;
                    break;
                case 4 when _connected:
                    _core.Disconnect();
                    _connected = false;
                    break;
                case 5 or 6 when !_connected:
                    Reconnect();
                    break;
                case 7:
                    _core.Pass(_random.Next(1, 60));
                    break;
                case 8 when _core.State.Deployments.Length > 0 && _random.Next(4) == 0:
                    _core.Cancel(_core.State.Deployments[0].Plan.Id, force: _random.Next(2) == 0);
                    break;
                case 9 or 10:
                    Offer();
                    break;
                default:
                    Deliver();
                    break;
            }

            Carry();
        }

        private void Change()
        {
            var id = Apps[_random.Next(Apps.Length)];
            var force = _random.Next(3) == 0;
            var exists = _core.State.Root.FindApp(PathId.Parse(id)) is not null;
            switch (_random.Next(exists ? 5 : 1))
            {
                case 0:
                    _core.Update(
                        (root, version) => root.WithApp(CoreHarness.App(id, _random.Next(5)) with
                        {
                            Cmd = $"sleep {_random.Next(3)}",
                            UpgradeStrategy = new UpgradeStrategy(_random.Next(3) / 2.0, _random.Next(3) / 2.0),
                        }, version),
                        force);
                    break;
                case 1:
                    _core.Change(id, app => app with { Instances = _random.Next(6) }, force);
                    break;
                case 2:
                    _core.Change(id, app => app with { Cmd = $"sleep {_random.Next(100)}" }, force);
                    break;
                case 3:
                    _core.Update((root, _) => root, force, restart: id);
                    break;
                default:
                    _core.Remove(id, force);
                    break;
            }
        }

        private void Offer()
        {
            if (_connected)
            {
                _core.GiveOffers(_core.Offer("agent-1"), _core.Offer("agent-2"));
                Carry();
            }
        }

        // The master's side of the calls.
        private void Carry()
        {
            foreach (var call in _core.Calls.ToList())
            {
                switch (call.Type)
                {
                    case Call.Types.Type.Accept:
                        foreach (var task in call.Accept.Operations.Where(operation => operation.Launch is not null).SelectMany(operation => operation.Launch.TaskInfos))
                        {
                            var id = task.TaskId.Value;
                            (_tasks.ContainsKey(id) || _ended.Contains(id)).ShouldBeFalse($"{id} was launched twice");
                            _tasks[id] = TaskState.TaskStaging;

                            // A call may be lost with the connection: then the task never was.
                            if (_faulty && _random.Next(12) == 0)
                            {
                                End(id, TaskState.TaskDropped, silently: true);
                            }
                            else
                            {
                                Move(id, TaskState.TaskRunning);
                            }
                        }

                        break;
                    case Call.Types.Type.Kill when !(_faulty && _random.Next(4) == 0):
                        if (_tasks.ContainsKey(call.Kill.TaskId.Value))
                        {
                            End(call.Kill.TaskId.Value, TaskState.TaskKilled);
                        }
                        else
                        {
                            // A kill of an unknown task is answered like a question about it.
                            Reconcile(new Call.Types.Reconcile
                            {
                                Tasks = { new Call.Types.Reconcile.Types.Task { TaskId = call.Kill.TaskId } },
                            });
                        }

                        break;
                    case Call.Types.Type.Acknowledge:
                        _unacknowledged.RemoveAll(status => status.Uuid == call.Acknowledge.Uuid);
                        break;
                    case Call.Types.Type.Reconcile:
                        Reconcile(call.Reconcile);
                        break;
                }
            }

            _core.Calls.Clear();
        }

        private void Reconcile(Call.Types.Reconcile question)
        {
            var asked = question.Tasks.Count > 0
                ? question.Tasks.Select(task => task.TaskId.Value).ToList()
                : [.. _tasks.Keys];
            foreach (var id in asked)
            {
                var answer = _core.Status(id, _tasks.TryGetValue(id, out var state) ? state : TaskState.TaskGone);
                answer.ClearUuid();
                _answers.Add(answer);
            }
        }

        private readonly List<TaskStatus> _answers = [];

        private void Deliver()
        {
            if (!_connected)
            {
                return;
            }

            var answers = _answers.ToList();
            _answers.Clear();
            foreach (var answer in answers)
            {
                // A master answers with what is true when it answers.
                answer.State = _tasks.TryGetValue(answer.TaskId.Value, out var state) ? state : TaskState.TaskGone;
                _core.Report(answer);
            }

            foreach (var status in _unacknowledged.ToList())
            {
                // Lost ones are sent again; repeated ones come twice.
                if (!_faulty || _random.Next(3) > 0)
                {
                    _core.Report(status);
                }
            }

            Carry();
        }

        private void FailOne()
        {
            if (_tasks.Count > 0)
            {
                End(_tasks.Keys.ElementAt(_random.Next(_tasks.Count)), _random.Next(2) == 0 ? TaskState.TaskFailed : TaskState.TaskFinished);
            }
        }

        private void Move(string id, TaskState state)
        {
            _tasks[id] = state;
            _unacknowledged.Add(_core.Status(id, state));
        }

        private void End(string id, TaskState state, bool silently = false)
        {
            if (_tasks.Remove(id))
            {
                _ended.Add(id);
                if (!silently)
                {
                    _unacknowledged.Add(_core.Status(id, state));
                }
            }
        }

        private void Reconnect()
        {
            _answers.Clear();
            _core.Connect();
            _connected = true;
            Carry();
        }

        private void Check()
        {
            var state = _core.State;
            foreach (var runtime in state.Apps.Values)
            {
                // What is stored is what is believed.
                foreach (var instance in runtime.Instances.Values)
                {
                    _core.Store.ShouldContainKey($"marathon/instances/{instance.Id}");
                }
            }

            _core.Store.Keys.Count(key => key.StartsWith("marathon/instances/", StringComparison.Ordinal))
                .ShouldBe(state.Apps.Values.Sum(runtime => runtime.Instances.Count));
            foreach (var deployment in state.Deployments)
            {
                _core.Store.ShouldContainKey($"marathon/deployments/{deployment.Plan.Id}");
            }
        }

        private bool IsSettled() => Explain().Length == 0;

        // Empty when the cluster is as it was asked to be.
        private string Explain()
        {
            var state = _core.State;
            if (!state.Deployments.IsEmpty)
            {
                return $"deployments under way: {string.Join(", ", state.Deployments.SelectMany(d => d.CurrentActions))}";
            }

            var wanted = state.Root.AllApps.ToDictionary(app => app.Id, app => app.Instances);
            var running = _tasks
                .Where(task => task.Value == TaskState.TaskRunning)
                .Select(task => InstanceId.TryParseTask(task.Key, out var id, out _) ? state.FindInstance(id)?.App : null)
                .Where(app => app is not null)
                .GroupBy(app => app!.Value)
                .ToDictionary(group => group.Key, group => group.Count());
            foreach (var (app, count) in wanted)
            {
                if (running.GetValueOrDefault(app) != count)
                {
                    return $"{app} runs {running.GetValueOrDefault(app)} of {count}";
                }

                var known = state.FindRuntime(app)?.Instances.Count ?? 0;
                if (known != count)
                {
                    return $"{app} knows {known} instances, wanted {count}";
                }
            }

            var total = wanted.Values.Sum();
            return _tasks.Count == total ? "" : $"{_tasks.Count} tasks exist, {total} are wanted";
        }
    }
}
