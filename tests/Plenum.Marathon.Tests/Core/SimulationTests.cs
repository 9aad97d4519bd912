using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Persistence;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Tests.Core;

/// <summary>
/// A small cluster under faults, all from one seed: tasks fail, agents are lost and return, updates are lost until they are
/// sent again, kills are lost, the connection breaks, the orchestrator restarts from its store, and users change apps and
/// pods meanwhile.
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

    private sealed class World
    {
        // An app or a pod, as it comes.
        private const string Either = "/g/either";

        private static readonly string[] Pods = ["/pair", "/g/duo"];

        // One on every agent, an app and a pod.
        private static readonly string[] Daemons = ["/every", "/g/every"];

        private static readonly string[] Paths = ["/one", "/g/two", .. Pods, Either, .. Daemons];

        private static readonly UnreachableStrategy[] Strategies =
        [
            UnreachableStrategy.Default,
            new UnreachableStrategy { InactiveAfterSeconds = 60, ExpungeAfterSeconds = 600 },
            UnreachableStrategy.Disabled,
        ];

        // In half of the worlds a lost agent may never return: nobody may want to wait for it there.
        private readonly bool _agentReturns;
        private readonly Random _random;
        private readonly CoreHarness _core;
        private readonly FaultyCluster _cluster;

        public World(int seed)
        {
            // So few versions that the oldest leave the store all the time.
            _core = CoreHarness.Connected(new MarathonOptions { MaxVersions = 5 }, seed);
            _agentReturns = seed % 2 == 0;
            _random = new Random(seed);
            _cluster = new FaultyCluster(_core, _random);
        }

        public void Run()
        {
            for (var step = 0; step < FaultySteps; step++)
            {
                Step();
                Check();
            }

            // The faults end: now everything asked for must come true.
            _cluster.EndFaults(_agentReturns);
            for (var step = 0; step < 400 && Explain().Length > 0; step++)
            {
                _cluster.Deliver();
                _cluster.Offer();
                _core.Pass(20);
                _cluster.Deliver();
                LetOn();
                Check();
            }

            Explain().ShouldBe("");
        }

        private void Step()
        {
            switch (_random.Next(17))
            {
                case 0:
                    Change();
                    break;
                case 1:
                    var spec = _core.State.Root.AllSpecs.OrderBy(spec => spec.Id).ElementAtOrDefault(_random.Next(Paths.Length));
                    if (spec is not null)
                    {
                        _core.Kill(new KillTasks([.. _core.Instances(spec.Id.Text).Take(1).Select(instance => instance.Id)])
                        {
                            Wipe = _random.Next(3) == 0,
                        });
                    }

                    break;
                case 2:
                    _cluster.FailOne();
                    break;
                case 3 when _random.Next(3) == 0:
                    _cluster.Restart();
                    break;
                case 4 when _cluster.IsConnected:
                    _cluster.Disconnect();
                    break;
                case 5 or 6 when !_cluster.IsConnected:
                    _cluster.Reconnect();
                    break;
                case 7:
                    _core.Pass(_random.Next(1, 60));
                    break;
                case 8 when _core.State.Deployments.Length > 0 && _random.Next(4) == 0:
                    _core.Cancel(_core.State.Deployments[0].Plan.Id, force: _random.Next(2) == 0);
                    break;
                case 9 or 10:
                    _cluster.Offer();
                    break;
                case 15 when _core.State.Deployments.Length > 0:
                    Order();
                    break;
                case 11 when _random.Next(2) == 0:
                    _cluster.LoseOrReturn();
                    break;
                default:
                    _cluster.Deliver();
                    break;
            }

            _cluster.Carry();
        }

        private void Order() => _core.Order(
            Enum.GetValues<DeploymentOrder>()[_random.Next(4)],
            _core.State.Deployments[_random.Next(_core.State.Deployments.Length)].Plan.Id);

        /// <summary>Who watches in the end lets everything on.</summary>
        private void LetOn()
        {
            foreach (var deployment in _core.State.Deployments)
            {
                _core.Order(DeploymentOrder.Resume, deployment.Plan.Id);
                _core.Order(DeploymentOrder.Promote, deployment.Plan.Id);
            }
        }

        private ValueList<CanaryStep> Canary() => _random.Next(4) switch
        {
            0 => [new CanaryStep(1)],
            1 => [new CanaryStep(1 + _random.Next(2)) { AutoPromote = true, PauseSeconds = _random.Next(60) }, new CanaryStep(3)],
            _ => [],
        };

        private void Change()
        {
            var id = Paths[_random.Next(Paths.Length)];
            var force = _random.Next(3) == 0;
            var existing = _core.State.Root.FindSpec(PathId.Parse(id));
            switch (_random.Next(existing is null ? 1 : 5))
            {
                case 0:
                    var isPod = Pods.Contains(id) || existing is PodDefinition || (id == Either && existing is null && _random.Next(2) == 0);
                    isPod |= id == Daemons[1];
                    RunSpec spec = isPod ? Pod(id) : CoreHarness.App(id) with { Cmd = $"sleep {_random.Next(3)}" };
                    Put(spec with
                    {
                        Instances = _random.Next(5),
                        IsDaemon = Daemons.Contains(id),
                        Constraints = Daemons.Contains(id) && _random.Next(3) == 0
                            ? [new Constraint("hostname", ConstraintOperator.Like, $"agent-{_random.Next(1, 3)}.*")]
                            : [],
                        UpgradeStrategy = new UpgradeStrategy(_random.Next(3) / 2.0, _random.Next(3) / 2.0)
                        {
                            AutoRevert = _random.Next(3) == 0,
                            ProgressDeadlineSeconds = 1 + _random.Next(120),
                            Canary = Canary(),
                        },
                        UnreachableStrategy = Strategies[_random.Next(_agentReturns ? Strategies.Length : Strategies.Length - 1)],
                    });
                    break;
                case 1:
                    Put(existing! with { Instances = _random.Next(6) });
                    break;
                case 2:
                    Put(existing! with { User = $"user-{_random.Next(100)}" });
                    break;
                case 3:
                    _core.Update((root, _) => root, force, restart: id);
                    break;
                default:
                    _core.Update((root, version) => root.WithoutSpec(PathId.Parse(id), version), force);
                    break;
            }

            void Put(RunSpec changed) => _core.Update((root, version) => root.WithSpec(changed, version), force);
        }

        private PodDefinition Pod(string id) => new()
        {
            Id = PathId.Parse(id),
            Containers = [Container("a", _random.Next(3)), Container("b", 0)],
        };

        private static PodContainer Container(string name, int number) => new(name)
        {
            Command = new PodCommand { Shell = $"sleep {number}" },
            Cpus = 0.05,
            Mem = 16,
        };

        private void Check()
        {
            // What is stored is what is believed.
            var state = _core.State;
            Holds([StoreKeys.InstancesPrefix], state.Apps.Values.SelectMany(runtime => runtime.Instances.Keys).Select(StoreKeys.Instance));
            foreach (var deployment in state.Deployments)
            {
                _core.Store.ShouldContainKey(StoreKeys.Deployment(deployment.Plan.Id));
            }

            Holds(
                [StoreKeys.DeploymentStatesPrefix],
                _core.Store.Keys.Where(key => key.StartsWith(StoreKeys.DeploymentStatesPrefix, StringComparison.Ordinal)
                    && state.Deployments.Any(deployment => StoreKeys.DeploymentState(deployment.Plan.Id) == key)));

            // Definitions stay as long as a kept root or the service that has the path now names them, and no longer.
            Holds(
                [StoreKeys.AppsPrefix, StoreKeys.PodsPrefix],
                state.RootVersions.SelectMany(root => root.AllSpecs)
                    .Concat(state.SpecVersions.Values.SelectMany(versions => versions))
                    .Select(StoreKeys.Spec));

            void Holds(string[] prefixes, IEnumerable<string> expected)
            {
                var stored = _core.Store.Keys
                    .Where(key => prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.Ordinal)))
                    .ToHashSet();
                stored.SymmetricExceptWith(expected);
                stored.ShouldBeEmpty();
            }
        }

        // Empty when the cluster is as it was asked to be.
        private string Explain()
        {
            var state = _core.State;
            if (!state.Deployments.IsEmpty)
            {
                return $"deployments under way: {string.Join(", ", state.Deployments.SelectMany(d => d.CurrentActions))}";
            }

            var known = state.Apps.Values.SelectMany(runtime => runtime.Instances.Values).ToLookup(instance => instance.App);
            foreach (var spec in state.Root.AllSpecs)
            {
                var running = known[spec.Id].Count(instance => instance.Condition == Condition.Running);
                if (running != spec.Instances || known[spec.Id].Count() != spec.Instances)
                {
                    return $"{spec.Id} knows {known[spec.Id].Count()} instances, {running} of them run, {spec.Instances} are wanted";
                }

                if (spec.IsDaemon)
                {
                    var agents = known[spec.Id].Select(instance => instance.Place!.AgentId).Order().ToList();
                    var wanted = _cluster.AgentsWithinReach.Where(agent => spec.Constraints.IsEmpty || spec.Constraints[0].Value!.StartsWith(agent, StringComparison.Ordinal));
                    if (!agents.SequenceEqual(wanted))
                    {
                        return $"{spec.Id} runs on {string.Join(", ", agents)} and should on {string.Join(", ", wanted)}";
                    }
                }

                // A container that finished is not missed.
                var tasks = known[spec.Id].SelectMany(instance => instance.LiveTaskIds).ToList();
                if (tasks.Find(task => _cluster.Tasks.GetValueOrDefault(task) != TaskState.TaskRunning) is { } missing)
                {
                    return $"{missing} does not run";
                }
            }

            var total = state.Root.AllSpecs.SelectMany(spec => known[spec.Id]).Sum(instance => instance.LiveTaskIds.Count());
            return _cluster.TasksWithinReach == total ? "" : $"{_cluster.TasksWithinReach} tasks exist, {total} are wanted";
        }
    }
}
