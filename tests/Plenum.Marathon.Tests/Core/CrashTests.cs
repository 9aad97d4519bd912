using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Persistence;
using Plenum.Protocol.V1;

namespace Plenum.Marathon.Tests.Core;

/// <summary>
/// <c>kill -9</c> at every step of a deployment: a whole story of updates is played once for every turn that writes, and at that
/// turn the orchestrator dies, with its writes or without them. What the user wants is asked for again until it is so, and
/// while it is on its way the bounds hold.
/// </summary>
public sealed class CrashTests
{
    private static readonly PathId Web = PathId.Parse("/web");
    private static readonly PathId Every = PathId.Parse("/every");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Wherever_it_dies_every_update_comes_to_its_end_within_its_bounds(bool beforeStoring)
    {
        var writes = new Story(0, beforeStoring).Play();
        writes.ShouldBeGreaterThan(40, "the story is one");
        for (var crash = 1; crash <= writes; crash++)
        {
            try
            {
                new Story(crash, beforeStoring).Play();
            }
            catch (Exception broken)
            {
                throw new InvalidOperationException($"crash at write {crash}: {broken.Message}", broken);
            }
        }
    }

    private sealed class Story
    {
        private const int Instances = 3;

        // Far more turns than anything here takes, a crash and its reconciliation included.
        private const int Patience = 200;

        private readonly CoreHarness _core;
        private readonly FaultyCluster _cluster;
        private bool _served;
        private int _turns;

        public Story(int crashAt, bool beforeStoring)
        {
            _core = new CoreHarness { CrashesBeforeStoring = beforeStoring };
            _core.Connect();
            _core.Calls.Clear();
            _core.WritesUntilCrash = crashAt;
            _cluster = new FaultyCluster(_core, new Random(1));
            _cluster.EndFaults(agentReturns: true);
        }

        /// <summary>How many turns wrote something.</summary>
        public int Play()
        {
            // 1. A group: what depends on the database, and one on every agent.
            Until(() => Runs("sleep 1"), () => Put("sleep 1"));
            _served = true;

            // 2. An update with a canary, which is looked at, and taken back.
            Until(() => CanaryWaits("sleep 2"), () => Put("sleep 2"));
            Until(() => Runs("sleep 1"), TakeBack);

            // 3. Another, promoted step by step while what runs on every agent rolls.
            Until(() => CanaryWaits("sleep 3"), () => Put("sleep 3"));
            Until(() => Runs("sleep 3"), Promote);

            // 4. Scaled and gone.
            Until(() => Spec(Web)?.Instances == 1 && Settled(), () => Change(root => root.WithSpec(Spec(Web)! with { Instances = 1 }, root.Version)));
            _served = false;
            Until(() => _core.State.Apps.IsEmpty && Settled(), () => Change(root => new Group(PathId.Root)));
            _cluster.Tasks.ShouldBeEmpty();
            _core.Store.Keys.ShouldNotContain(key => key.StartsWith(StoreKeys.DeploymentsPrefix, StringComparison.Ordinal)
                || key.StartsWith(StoreKeys.DeploymentStatesPrefix, StringComparison.Ordinal)
                || key.StartsWith(StoreKeys.InstancesPrefix, StringComparison.Ordinal));

            // What has settled stays: looking at everything again changes nothing.
            var store = _core.Store.Count;
            _core.Pass(_core.Options.ScaleAppsInterval);
            _core.Store.Count.ShouldBe(store);
            return -_core.WritesUntilCrash;
        }

        private void Until(Func<bool> reached, Action ask)
        {
            for (var patience = 0; !reached(); patience++)
            {
                patience.ShouldBeLessThan(Patience, $"stands still: {string.Join(", ", _core.State.Deployments)}; {Describe()}");
                Survive(ask);
                Survive(Turn);
                Check();
            }
        }

        private void Turn()
        {
            _turns++;
            _cluster.Offer();
            _cluster.Deliver();
            _core.Pass(1);
            _cluster.Carry();
        }

        /// <summary>Who dies is started again and subscribes; what it had said and nobody had heard yet is lost.</summary>
        private void Survive(Action step)
        {
            try
            {
                step();
            }
            catch (CoreHarness.CrashedException)
            {
                _core.Calls.Clear();
                _cluster.Restart();
                _cluster.Reconnect();
            }
        }

        private void Check()
        {
            var running = _core.State.FindRuntime(Web)?.Instances.Values.Count(instance => instance.Condition == Condition.Running) ?? 0;
            if (_served && Spec(Web)?.Instances == Instances)
            {
                running.ShouldBeGreaterThanOrEqualTo(Instances, $"turn {_turns}: {Describe()}");
            }

            _cluster.Tasks.Keys.Count(id => id.StartsWith("web.", StringComparison.Ordinal)).ShouldBeLessThanOrEqualTo(2 * Instances);
            _cluster.Tasks.Keys.Where(id => id.StartsWith("every.", StringComparison.Ordinal))
                .GroupBy(_cluster.AgentOf).ShouldAllBe(agent => agent.Count() == 1);
        }

        private bool Settled() => _core.State.Deployments.IsEmpty;

        private bool Runs(string command) => Settled()
            && new[] { Web, Every }.All(app => Spec(app) is AppDefinition spec && spec.Cmd == command
                && _core.Instances(app.Text) is var instances && instances.Count == spec.Instances && instances.Count > 0
                && instances.TrueForAll(instance => instance.Condition == Condition.Running && instance.IsCurrent(spec)));

        private bool CanaryWaits(string command) =>
            (Spec(Web) as AppDefinition)?.Cmd == command
            && _core.State.Deployments.Any(deployment => deployment.Canaries.Any(canary => canary.WaitsForPromotion));

        private void Put(string command)
        {
            if ((Spec(Web) as AppDefinition)?.Cmd != command)
            {
                Change(root => root
                    .WithApp(CoreHarness.App("/db"), root.Version)
                    .WithApp(App("/web", command, Instances) with { Dependencies = [PathId.Parse("/db")] }, root.Version)
                    .WithApp(App("/every", command) with { IsDaemon = true, UpgradeStrategy = UpgradeStrategy.Daemon }, root.Version));
            }
        }

        private void TakeBack()
        {
            if (_core.State.Deployments.FirstOrDefault(deployment => deployment.Plan.Undoes is null) is { } deployment)
            {
                _core.Cancel(deployment.Plan.Id);
            }
        }

        private void Promote()
        {
            if (_core.State.Deployments.FirstOrDefault(deployment => deployment.Canaries.Any(canary => canary.WaitsForPromotion)) is { } deployment)
            {
                _core.Order(DeploymentOrder.Promote, deployment.Plan.Id);
            }
        }

        private void Change(Func<Group, Group> change)
        {
            if (Settled())
            {
                _core.Update((root, _) => change(root), force: true);
            }
        }

        private RunSpec? Spec(PathId app) => _core.State.Root.FindSpec(app);

        private string Describe() => string.Join(", ", _core.State.Apps.Values
            .SelectMany(runtime => runtime.Instances.Values)
            .Select(instance => $"{instance.Id.Value[..12]} {instance.Condition} {instance.Goal}"));

        private static AppDefinition App(string id, string command, int instances = 1) => CoreHarness.App(id, instances) with
        {
            Cmd = command,
            UpgradeStrategy = new UpgradeStrategy(1, 1) { Canary = [new CanaryStep(1), new CanaryStep(2)] },
        };
    }
}
