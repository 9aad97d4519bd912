using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Deployments;

namespace Plenum.Marathon.Tests.Deployments;

public sealed class RollingReplacementTests
{
    [Theory]
    [InlineData(4, 1.0, 1.0, 0, 4)] // no kill at first, all new ones beside the old
    [InlineData(4, 0.5, 0.0, 2, 0)] // half goes, nothing starts until it is dead
    [InlineData(4, 0.0, 0.0, 4, 0)] // all go at once
    [InlineData(4, 1.0, 0.0, 0, 1)] // no room: a surplus of one
    [InlineData(4, 1.0, 0.25, 0, 1)]
    [InlineData(3, 0.5, 0.5, 1, 1)] // ceil(1.5) = 2 stay, trunc(4.5) = 4 at most
    public void The_first_move_follows_both_capacities(int n, double minimum, double over, int kills, int starts)
    {
        var state = new ReplacementState(n, minimum, over, n, 0, 0, 0, 0);
        var move = new RollingReplacement(state).Next(state);
        (move.KillHealthy + move.KillUnhealthy).ShouldBe(kills);
        move.Start.ShouldBe(starts);
        move.Done.ShouldBeFalse();
    }

    [Fact]
    public void Unhealthy_old_instances_are_killed_before_healthy_ones()
    {
        var state = new ReplacementState(4, 0.25, 0, 2, 2, 0, 0, 0);
        var move = new RollingReplacement(state).Next(state);
        move.KillUnhealthy.ShouldBe(1);
        move.KillHealthy.ShouldBe(0);
    }

    [Fact]
    public void Replacing_and_shrinking_at_once_kills_the_surplus_first()
    {
        var state = new ReplacementState(2, 1, 0, 10, 0, 0, 0, 0);
        new RollingReplacement(state).Next(state).KillHealthy.ShouldBe(8);
    }

    [Fact]
    public void A_binary_fraction_does_not_add_an_instance()
    {
        // 10 × (1 + 0.1) is 11.000000000000002 and 100 × 0.07 is 7.000000000000001 in binary.
        RollingReplacement.MaxCapacity(new ReplacementState(10, 1, 0.1, 0, 0, 0, 0, 0)).ShouldBe(11);
        RollingReplacement.MinHealthy(new ReplacementState(100, 0.07, 0, 0, 0, 0, 0, 0)).ShouldBe(7);
    }

    [Fact]
    public void No_rollout_leaves_its_bounds_and_every_rollout_ends()
    {
        var rollouts =
            from n in Gen.Choose(1, 12)
            from old in Gen.Choose(0, 15)
            from sick in Gen.Choose(0, 4)
            from minimum in Gen.Choose(0, 20)
            from over in Gen.Choose(0, 20)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select (n, old, sick: Math.Min(sick, old), minimum: minimum / 20.0, over: over / 20.0, seed);
        Prop.ForAll(rollouts.ToArbitrary(), rollout => Roll(rollout)).QuickCheckThrowOnFailure();
    }

    // Plays a cluster: tasks die, start, become ready and sometimes fail, in an order drawn from the seed.
    private static void Roll((int N, int Old, int Sick, double Minimum, double Over, int Seed) rollout)
    {
        var random = new Random(rollout.Seed);
        int healthyOld = rollout.Old - rollout.Sick, sickOld = rollout.Sick, dying = 0, started = 0, ready = 0;
        var replacement = new RollingReplacement(Look());
        var minHealthy = RollingReplacement.MinHealthy(Look());
        var maxCapacity = RollingReplacement.MaxCapacity(Look()) + (minHealthy == RollingReplacement.MaxCapacity(Look()) ? 1 : 0);
        var mayFail = 20;
        for (var turn = 0; turn < 2000; turn++)
        {
            var healthyBefore = healthyOld + ready;
            var move = replacement.Next(Look());
            move.KillHealthy.ShouldBeInRange(0, healthyOld);
            move.KillUnhealthy.ShouldBeInRange(0, sickOld);
            move.Start.ShouldBeGreaterThanOrEqualTo(0);
            healthyOld -= move.KillHealthy;
            sickOld -= move.KillUnhealthy;
            dying += move.KillHealthy + move.KillUnhealthy;
            started += move.Start;
            if (move.KillHealthy > 0)
            {
                (healthyOld + ready).ShouldBeGreaterThanOrEqualTo(Math.Min(minHealthy, healthyBefore), $"{rollout}");
            }

            if (move.Start > 0)
            {
                (healthyOld + sickOld + dying + started).ShouldBeLessThanOrEqualTo(maxCapacity, $"{rollout}");
            }

            started.ShouldBeLessThanOrEqualTo(rollout.N);
            if (move.Done)
            {
                ready.ShouldBe(rollout.N);
                (healthyOld + sickOld + dying).ShouldBe(0);
                return;
            }

            // A core that restarts forgets what it decided and decides from the counts.
            if (random.Next(10) == 0)
            {
                replacement = new RollingReplacement(Look());
            }

            switch (random.Next(5))
            {
                case 0 when dying > 0:
                    dying--;
                    break;
                case 1 when started > ready:
                    ready++;
                    break;
                case 2 when healthyOld > 0 && mayFail-- > 0:
                    healthyOld--; // an old one dies by itself and is not started again
                    break;
                case 3 when healthyOld > 0 && mayFail-- > 0:
                    healthyOld--;
                    sickOld++;
                    break;
                case 4 when ready > 0 && mayFail-- > 0:
                    ready--; // a new one is restarted in place
                    break;
            }
        }

        throw new InvalidOperationException($"the rollout {rollout} does not end");

        ReplacementState Look() => new(
            rollout.N, rollout.Minimum, rollout.Over, healthyOld, sickOld, dying, started, ready);
    }
}
