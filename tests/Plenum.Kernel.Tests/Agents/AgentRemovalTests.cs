namespace Plenum.Kernel.Tests.Agents;

public sealed class AgentRemovalTests
{
    [Fact]
    public void An_agent_whose_link_breaks_while_it_waits_for_its_removal_is_still_given_up()
    {
        var cluster = new TestCluster(options => options with { AgentRemovalInterval = TimeSpan.FromMinutes(30) });
        cluster.AddAgent();
        var second = cluster.AddAgent(hostname: "b.example");
        cluster.Advance(TimeSpan.FromSeconds(75));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(1, "the other waits for the next permit");

        // Its time to come back is over before the permit comes, and nothing else would ask for it again.
        second.BreakLink();
        cluster.Advance(TimeSpan.FromMinutes(30));

        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(2);
        cluster.Snapshot.Counters.AgentUnreachableCanceled.ShouldBe(0);
    }

    [Fact]
    public void One_that_came_back_since_needs_no_permit()
    {
        var cluster = new TestCluster(options => options with { AgentRemovalInterval = TimeSpan.FromMinutes(30) });
        cluster.AddAgent();
        var second = cluster.AddAgent(hostname: "b.example");
        cluster.Advance(TimeSpan.FromSeconds(75));
        second.BreakLink();
        cluster.Advance(TimeSpan.FromMinutes(29.9));
        second.Return();
        second.BreakLink();
        cluster.Advance(TimeSpan.FromMinutes(1));

        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(1, "it has ten minutes again");
        cluster.Snapshot.Counters.AgentUnreachableCanceled.ShouldBe(1);
        cluster.Advance(TimeSpan.FromMinutes(10));
        cluster.Snapshot.UnreachableAgents.Count.ShouldBe(2);
    }
}
