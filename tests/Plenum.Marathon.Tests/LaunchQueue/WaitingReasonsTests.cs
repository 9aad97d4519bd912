using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Events;
using Plenum.Marathon.LaunchQueue;
using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using Constraint = Plenum.Marathon.Definitions.Constraint;

namespace Plenum.Marathon.Tests.LaunchQueue;

public sealed class WaitingReasonsTests
{
    [Fact]
    public void Each_unmet_resource_and_constraint_is_named_with_the_agents_that_lack_it_and_the_best_of_them()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App(instances: 2) with
        {
            Cpus = 3,
            Constraints = [new Constraint("rack", ConstraintOperator.Like, "a.*"), new Constraint("disk", ConstraintOperator.Is, "ssd")],
        });
        cluster.GiveOffers(
            cluster.Offer("agent-1", cpus: 1, change: On("a1", "ssd")),
            cluster.Offer("agent-2", cpus: 2.5, change: On("a2", "ssd")),
            cluster.Offer("agent-3", change: On("b1", "ssd")),
            cluster.Offer("agent-4", change: On("a1", "hdd")),
            cluster.Offer("agent-5", change: On("b1", "hdd"))).ShouldBeEmpty();

        var item = cluster.State.Queue.ShouldHaveSingleItem();
        item.Agents.ShouldBe(5);
        item.Unmet.Select(need => (need.Reason, need.Rule?.ToString(), need.Agents, need.Offered, need.NeededBy(item.Spec))).ShouldBe(
            [
                (RejectReason.UnfulfilledConstraint, "rack LIKE a.*", 2, 0, null),
                (RejectReason.InsufficientCpus, null, 2, 2.5, 3),
                (RejectReason.UnfulfilledConstraint, "disk IS ssd", 1, 0, null),
            ],
            ignoreOrder: true);
        item.Instances.Select(waiting => waiting.Id).ShouldBe(cluster.Instances().Select(instance => instance.Id), ignoreOrder: true);
        item.OffersAgainAt.ShouldBe(cluster.Now + cluster.Options.DeclineDuration);

        // The latest word of an agent counts: one that has room now is no longer among them.
        cluster.GiveOffers(cluster.Offer("agent-2", cpus: 3, change: On("a2", "ssd"))).Count.ShouldBe(1);
        cluster.State.Queue[0].Unmet.Single(need => need.Reason == RejectReason.InsufficientCpus).ShouldSatisfyAllConditions(
            need => need.Agents.ShouldBe(1), need => need.Offered.ShouldBe(1));
    }

    [Fact]
    public void An_event_tells_why_a_service_waits_and_again_only_when_something_else_is_lacking()
    {
        var cluster = CoreHarness.Connected();
        cluster.Put(CoreHarness.App() with { Cpus = 3 });
        cluster.GiveOffers(cluster.Offer(cpus: 1));
        cluster.Pass(9);
        Told(cluster).ShouldBeEmpty();
        cluster.Pass(1);
        Told(cluster).ShouldHaveSingleItem().Unmet.ShouldHaveSingleItem().Reason.ShouldBe(RejectReason.InsufficientCpus);

        // The same lack, of more agents: nothing new.
        cluster.GiveOffers(cluster.Offer("agent-2", cpus: 1));
        cluster.Pass(300);
        Told(cluster).Count.ShouldBe(1);
        cluster.GiveOffers(cluster.Offer("agent-3", mem: 1));
        cluster.Pass(60);
        Told(cluster).Count.ShouldBe(2);
        Told(cluster)[1].Unmet.Length.ShouldBe(2);

        // Once in a while also the same.
        cluster.Pass(600);
        Told(cluster).Count.ShouldBe(3);
        cluster.RunAll();
        cluster.Pass(3600);
        Told(cluster).Count.ShouldBe(3);
    }

    [Fact]
    public void Many_services_that_wait_are_told_of_in_turn_and_none_is_left_out()
    {
        const int Services = 400;
        var cluster = CoreHarness.Connected();
        cluster.Update((root, version) => Enumerable.Range(0, Services)
            .Aggregate(root, (next, number) => next.WithApp(CoreHarness.App($"/web-{number}"), version)));
        cluster.Pass(11);
        Told(cluster).Count.ShouldBeInRange(20, 25);
        cluster.Pass(20);
        Told(cluster).Select(item => item.Spec.Id).ToHashSet().Count.ShouldBe(Services);
        Told(cluster).Count.ShouldBe(Services);
    }

    private static List<QueueItem> Told(CoreHarness cluster) =>
        [.. cluster.EventsOf<MarathonEvent.InstancesWaiting>().Select(told => told.Item)];

    private static Action<Offer> On(string rack, string disk) => offer => offer.Attributes.AddRange(
    [
        new Protocol.V1.Attribute { Name = "rack", Type = Value.Types.Type.Text, Text = new Value.Types.Text { Value = rack } },
        new Protocol.V1.Attribute { Name = "disk", Type = Value.Types.Type.Text, Text = new Value.Types.Text { Value = disk } },
    ]);
}
