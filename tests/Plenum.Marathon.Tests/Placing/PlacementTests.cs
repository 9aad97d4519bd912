using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Tests.Core;
using Plenum.Marathon.Tests.Definitions;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Constraint = Plenum.Marathon.Definitions.Constraint;

namespace Plenum.Marathon.Tests.Placing;

public sealed class PlacementTests
{
    private static readonly PathId Db = PathId.Parse("/db");

    [Fact]
    public void A_service_goes_only_where_the_one_is_that_it_must_be_near_to_and_is_tried_again_when_that_comes()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/web") with { Placement = new Placement { Near = [new PlacementRule(Db, "rack", null)] } });
        cluster.GiveOffers(Offer(cluster, 1, "a"), Offer(cluster, 2, "b")).ShouldBeEmpty();
        cluster.State.Queue.ShouldHaveSingleItem().Unmet.ShouldHaveSingleItem().Rule.ShouldBe("near /db on rack");

        cluster.Put(CoreHarness.App("/db"));
        cluster.Calls.Clear();
        cluster.GiveOffers(Offer(cluster, 1, "a")).ShouldHaveSingleItem().TaskId.Value.ShouldStartWith("db.");
        cluster.CallsOf(Call.Types.Type.Revive).ShouldNotBeEmpty();
        cluster.GiveOffers(Offer(cluster, 2, "b"), Offer(cluster, 3, "a")).ShouldHaveSingleItem().AgentId.Value.ShouldBe("agent-3");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Services_that_must_be_apart_are_whichever_comes_first_also_after_a_restart(bool restart)
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/web") with { Placement = new Placement { Apart = [new PlacementRule(Db, "rack", null)] } });
        cluster.GiveOffers(Offer(cluster, 1, "a")).Count.ShouldBe(1);
        if (restart)
        {
            cluster.Restart();
        }

        // The other has no rule of its own.
        cluster.Put(CoreHarness.App("/db"));
        cluster.GiveOffers(Offer(cluster, 2, "a")).ShouldBeEmpty();
        cluster.State.Queue.ShouldHaveSingleItem().Unmet.ShouldHaveSingleItem().Rule.ShouldBe("/web must be apart from it on rack");
        cluster.GiveOffers(Offer(cluster, 3, "b")).Count.ShouldBe(1);
        cluster.Change("/web", app => app with { Instances = 2 });
        cluster.GiveOffers(Offer(cluster, 4, "b")).ShouldBeEmpty();

        // The rule goes with who made it.
        cluster.Remove("/web", force: true);
        cluster.EndKilled();
        cluster.Change("/db", app => app with { Instances = 2 }, force: true);
        cluster.GiveOffers(Offer(cluster, 5, "a")).Count.ShouldBe(1);
    }

    [Fact]
    public void The_best_of_the_offers_at_hand_is_taken_and_any_rather_than_none()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/web", 3) with
        {
            Cpus = 1,
            Placement = new Placement
            {
                Prefer =
                [
                    new Preference(new Constraint("rack", ConstraintOperator.Is, "good"), 20),
                    new Preference(new Constraint("rack", ConstraintOperator.Is, "bad"), -20),
                ],
            },
        });
        cluster.GiveOffers(Offer(cluster, 1, "bad", 1), Offer(cluster, 2, "fair", 1), Offer(cluster, 3, "good", 1), Offer(cluster, 4, "fair", 1))
            .Select(task => task.AgentId.Value).ShouldBe(["agent-3", "agent-2", "agent-4"], ignoreOrder: true);
        cluster.Change("/web", app => app with { Instances = 4 }, force: true);
        cluster.GiveOffers(Offer(cluster, 5, "bad")).Count.ShouldBe(1);
    }

    [Fact]
    public void A_soft_spread_takes_the_racks_in_turn_while_it_can_and_then_what_there_is()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/web", 6) with
        {
            Cpus = 1,
            Placement = new Placement { Prefer = [new Preference(new Constraint("rack", ConstraintOperator.MaxPer, "2"), 50)] },
        });
        var tasks = cluster.GiveOffers(Offer(cluster, 1, "a", 6), Offer(cluster, 2, "b", 2));
        tasks.Count(task => task.AgentId.Value == "agent-1").ShouldBe(4);
        tasks.Count(task => task.AgentId.Value == "agent-2").ShouldBe(2);
    }

    [Fact]
    public void Who_waits_for_a_better_agent_waits_no_longer_than_it_said_and_asks_again_by_itself()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App("/web", 2) with
        {
            Placement = new Placement
            {
                Prefer = [new Preference(new Constraint("rack", ConstraintOperator.Is, "good"), 1)],
                WaitSeconds = 30,
            },
        });
        cluster.GiveOffers(Offer(cluster, 1, "fair")).ShouldBeEmpty();
        cluster.State.Queue.ShouldHaveSingleItem().Unmet.ShouldHaveSingleItem().Rule
            .ShouldBe("waits up to 30 s for an agent that meets every preference");
        cluster.GiveOffers(Offer(cluster, 2, "good", 0.1)).Count.ShouldBe(1);
        cluster.Calls.Clear();
        cluster.Pass(29);
        cluster.CallsOf(Call.Types.Type.Revive).ShouldBeEmpty();
        cluster.Pass(1);
        cluster.CallsOf(Call.Types.Type.Revive).ShouldNotBeEmpty();
        cluster.GiveOffers(Offer(cluster, 1, "fair")).Count.ShouldBe(1);
    }

    [Fact]
    public void A_change_of_placement_replaces_nothing()
    {
        var app = CoreHarness.App();
        app.ChangeTo(app with { Placement = new Placement { Near = [new PlacementRule(Db, "rack", null)] } }).ShouldBe(AppChange.Policy);
    }

    [Fact]
    public void Ids_alone_are_hard_rules_for_machines_and_an_empty_object_takes_all_away()
    {
        var app = Define.App("""{"id": "/shop/web", "cmd": "run", "placement": {"near": ["db"], "apart": [{"app": "/batch", "topology": "@zone", "weight": 7}]}}""");
        app.Placement.ShouldBe(new Placement
        {
            Near = [new PlacementRule(PathId.Parse("/shop/db"), "@hostname", null)],
            Apart = [new PlacementRule(PathId.Parse("/batch"), "@zone", 7)],
        });
        Define.App("""{"id": "/shop/web", "cmd": "run", "placement": {}}""").Placement.ShouldBeNull();
    }

    /// <summary>Whatever comes and goes: nothing is ever started against a rule that must hold, in either direction.</summary>
    [Fact]
    public void No_hard_rule_is_ever_broken_by_a_launch() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed => new World(seed).Run()).QuickCheckThrowOnFailure();

    private static Offer Offer(CoreHarness cluster, int agent, string rack, double cpus = 4) =>
        cluster.Offer($"agent-{agent}", cpus, change: offer => offer.Attributes.Add(new Protocol.V1.Attribute
        {
            Name = "rack",
            Type = Value.Types.Type.Text,
            Text = new Value.Types.Text { Value = rack },
        }));

    private sealed class World(int seed)
    {
        private const int Agents = 6;
        private readonly Random _random = new(seed);
        private readonly CoreHarness _cluster = CoreHarness.Connected(seed: seed);
        private readonly string[] _apps = ["/a", "/b", "/c", "/d"];

        public void Run()
        {
            foreach (var id in _apps)
            {
                _cluster.Put(CoreHarness.App(id, _random.Next(1, 5)) with { Cpus = 1, Placement = Placement(id) });
            }

            for (var turn = 0; turn < 30; turn++)
            {
                if (_random.Next(3) == 0)
                {
                    EndOne();
                }
                else
                {
                    Launch();
                }
            }
        }

        private void Launch()
        {
            var before = Placed().Select(instance => instance.Id).ToHashSet();
            _cluster.GiveOffers([.. Enumerable.Range(1, Agents)
                .Where(_ => _random.Next(2) == 0)
                .Select(agent => Offer(_cluster, agent, $"rack-{agent / 2}", _random.Next(1, 4)))]);
            var now = Placed();
            foreach (var fresh in now.Where(instance => !before.Contains(instance.Id)))
            {
                var rules = _cluster.State.Root.FindApp(fresh.App)!.Placement!;
                foreach (var near in rules.Near.AsEnumerable().Where(rule => rule.IsHard))
                {
                    now.Any(other => other.App == near.App && Shares(other, fresh, near.Topology)).ShouldBeTrue($"{fresh.Id} {near}, seed {seed}");
                }
            }

            foreach (var one in now)
            {
                foreach (var apart in _cluster.State.Root.FindApp(one.App)!.Placement!.Apart.AsEnumerable().Where(rule => rule.IsHard))
                {
                    now.Any(other => other.App == apart.App && Shares(other, one, apart.Topology)).ShouldBeFalse($"{one.Id} {apart}, seed {seed}");
                }
            }
        }

        private void EndOne()
        {
            var placed = Placed();
            if (placed.Count > 0)
            {
                var instance = placed[_random.Next(placed.Count)];
                _cluster.Report(instance.TaskId, TaskState.TaskFinished, agent: instance.Place!.AgentId);
                _cluster.Pass(400);
            }
        }

        private List<Instance> Placed() =>
            [.. _apps.SelectMany(id => _cluster.Instances(id)).Where(instance => instance.Condition.HasTask())];

        private static bool Shares(Instance one, Instance other, string topology) => topology == "rack"
            ? one.Place!.Attributes["rack"] == other.Place!.Attributes["rack"]
            : one.Place!.Host == other.Place!.Host;

        private Placement Placement(string id) => new()
        {
            Near = Rules(id, 4),
            Apart = Rules(id, 2),
            Prefer = [new Preference(new Constraint("rack", ConstraintOperator.Is, "rack-1"), 5)],
        };

        private ValueList<PlacementRule> Rules(string id, int rarity) => _random.Next(rarity) != 0
            ? []
            : _apps.Where(other => other != id).Take(_random.Next(1, 3))
                .Select(other => new PlacementRule(
                    PathId.Parse(other), _random.Next(2) == 0 ? "rack" : "@hostname", _random.Next(3) == 0 ? 10 : null))
                .ToValueList();
    }
}
