using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.Tests.Reservations;

/// <summary>
/// A stateful service on two agents under faults, all from one seed: requests for reservations and launches are lost,
/// tasks fail, the orchestrator restarts, and users scale, update, wipe and remove meanwhile.
/// </summary>
public sealed class ResidentSimulationTests
{
    private const int Seeds = 60;
    private const int FaultySteps = 200;

    [Fact]
    public void No_volume_is_lost_or_doubled_and_none_is_left_behind()
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

    private sealed class World
    {
        private readonly Random _random;
        private readonly CoreHarness _core;
        private readonly DiskAgent[] _agents;

        // Instances whose data somebody said may go.
        private readonly HashSet<string> _condemned = [];
        private bool _faulty = true;

        public World(int seed)
        {
            _random = new Random(seed);
            _core = CoreHarness.Connected(seed: seed);
            _agents = [new DiskAgent(_core, "agent-1", disk: 450), new DiskAgent(_core, "agent-2", disk: 450)];
        }

        public void Run()
        {
            for (var step = 0; step < FaultySteps; step++)
            {
                Step();
            }

            _faulty = false;
            for (var step = 0; step < 300 && Explain().Length > 0; step++)
            {
                Offer();
                Carry();

                // More often than a reservation is waited for.
                _core.Pass(10);
                Reconcile();
            }

            Explain().ShouldBe("");
        }

        private void Step()
        {
            switch (_random.Next(12))
            {
                case 0:
                    Change();
                    break;
                case 1:
                    Wipe();
                    break;
                case 2:
                    Fail();
                    break;
                case 3 when _random.Next(3) == 0:
                    _core.Restart();
                    break;
                case 4:
                    _core.Pass(_random.Next(1, 40));
                    break;
                case 5:
                    Reconcile();
                    break;
                default:
                    Offer();
                    break;
            }

            Carry();
        }

        private void Change()
        {
            var force = _random.Next(2) == 0;
            if (_core.State.Root.FindApp(PathId.Parse("/db")) is null)
            {
                _core.Update((root, version) => root.WithApp(ResidentAppTests.App(_random.Next(4)), version), force);
                return;
            }

            switch (_random.Next(5))
            {
                case 0:
                    _core.Change("/db", app => app with { Instances = _random.Next(5) }, force);
                    break;
                case 1 or 2:
                    _core.Change("/db", app => app with { Cmd = $"sleep {_random.Next(100)}" }, force);
                    break;
                case 3:
                    _core.Update((root, _) => root, force, restart: "/db");
                    break;
                default:
                    var instances = _core.Instances("/db");
                    if (_core.Remove("/db", force) is RootUpdateResult.Deployed)
                    {
                        _condemned.UnionWith(instances.Select(instance => instance.Id.Value));
                    }

                    break;
            }
        }

        private void Wipe()
        {
            if (_core.Instances("/db") is { Count: > 0 } instances)
            {
                var victim = instances[_random.Next(instances.Count)];
                _condemned.Add(victim.Id.Value);
                _core.Kill(new KillTasks([victim.Id]) { Wipe = true });
            }
        }

        private void Fail()
        {
            foreach (var agent in _agents)
            {
                if (agent.Running.Count > 0 && _random.Next(2) == 0)
                {
                    End(agent, agent.Running.ElementAt(_random.Next(agent.Running.Count)), TaskState.TaskFailed);
                }
            }
        }

        private void Offer()
        {
            foreach (var agent in _agents)
            {
                // Several operations of one offer are carried out or lost together.
                var before = _core.Calls.Count;
                _core.GiveOffers(agent.Offer());
                foreach (var accept in _core.Calls.Skip(before).Where(call => call.Type == Call.Types.Type.Accept).ToList())
                {
                    _core.Calls.Remove(accept);
                    if (_faulty && _random.Next(5) == 0)
                    {
                        continue;
                    }

                    foreach (var task in agent.Carry(accept.Accept))
                    {
                        if (!_faulty || _random.Next(8) > 0)
                        {
                            _core.Report(task.TaskId.Value, TaskState.TaskRunning, agent: agent.Name);
                        }
                    }
                }

                Check(agent);
            }
        }

        private void Check(DiskAgent agent)
        {
            foreach (var (volume, instance) in agent.WithData)
            {
                (agent.Volumes.ContainsKey(volume) || _condemned.Contains(instance))
                    .ShouldBeTrue($"the data of {instance} was destroyed");
            }

            agent.Running.GroupBy(InstanceOf).ShouldAllBe(group => group.Count() == 1);
        }

        private void Carry()
        {
            foreach (var call in _core.Calls.ToList())
            {
                if (call.Type == Call.Types.Type.Kill && !(_faulty && _random.Next(4) == 0))
                {
                    var id = call.Kill.TaskId.Value;
                    var agent = Array.Find(_agents, agent => agent.Running.Contains(id));
                    if (agent is not null)
                    {
                        End(agent, id, TaskState.TaskKilled);
                    }
                    else
                    {
                        _core.Report(id, TaskState.TaskDropped);
                    }
                }
            }

            _core.Calls.Clear();
        }

        // What the master answers to a question about every task the orchestrator believes in.
        private void Reconcile()
        {
            foreach (var instance in _core.Instances("/db").Where(instance => instance.Condition.HasTask()))
            {
                var agent = Array.Find(_agents, agent => agent.Running.Contains(instance.TaskId));
                var status = _core.Status(
                    instance.TaskId, agent is null ? TaskState.TaskDropped : TaskState.TaskRunning, agent: agent?.Name ?? "agent-1");
                status.ClearUuid();
                _core.Report(status);
            }
        }

        private void End(DiskAgent agent, string task, TaskState state)
        {
            agent.Ended(task);
            _core.Report(task, state, agent: agent.Name);
        }

        private string Explain()
        {
            var state = _core.State;
            if (!state.Deployments.IsEmpty)
            {
                return "a deployment is under way";
            }

            var wanted = state.Root.FindApp(PathId.Parse("/db"))?.Instances ?? 0;
            var running = _agents.Sum(agent => agent.Running.Count);
            if (running != wanted)
            {
                return $"{running} tasks run, {wanted} are wanted";
            }

            var known = _core.Instances("/db")
                .SelectMany(instance => (instance.Reservation?.Volumes ?? []).Select(volume => volume.PersistenceIdOf(instance.App)))
                .ToHashSet(StringComparer.Ordinal);
            var exist = _agents.SelectMany(agent => agent.Volumes.Keys).ToHashSet(StringComparer.Ordinal);
            if (!known.SetEquals(exist))
            {
                return $"volumes {string.Join(", ", exist.Except(known))} belong to nobody, {string.Join(", ", known.Except(exist))} are not there";
            }

            return _core.Store.Keys.Any(key => key.StartsWith("marathon/leftovers/", StringComparison.Ordinal))
                ? "something is still waited for to be taken apart"
                : "";
        }

        private static string InstanceOf(string taskId) =>
            InstanceId.TryParseTask(taskId, out var id, out _) ? id.Value : taskId;
    }
}
