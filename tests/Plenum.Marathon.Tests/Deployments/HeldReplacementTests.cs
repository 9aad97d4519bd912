using FsCheck;
using FsCheck.Fluent;
using Plenum.Marathon.Deployments;

namespace Plenum.Marathon.Tests.Deployments;

public sealed class HeldReplacementTests
{
    [Theory]
    [InlineData(10, 1.0, 1.0, 3, 10)] // beside all old ones
    [InlineData(10, 1.0, 0.2, 3, 9)] // 12 at most: one old one makes room
    [InlineData(10, 1.0, 0.0, 3, 7)] // in their place
    [InlineData(3, 0.5, 0.0, 5, 0)] // no more canaries than instances
    [InlineData(4, 1.0, 1.0, 4, 4)] // blue and green
    public void Old_ones_stay_as_far_as_the_capacity_goes(int n, double minimum, double over, int canaries, int old) =>
        HeldReplacement.OldWanted(new HeldState(new ReplacementState(n, minimum, over, n, 0, 0, 0, 0), canaries, 0, 0)).ShouldBe(old);

    [Fact]
    public void What_an_abandoned_update_left_goes_before_anything_that_was_there_before()
    {
        var counts = new ReplacementState(4, 1, 0.25, OldHealthy: 4, OldUnhealthy: 0, Dying: 0, New: 0, NewReady: 0);
        var move = HeldReplacement.Next(new HeldState(counts, 1, AbandonedHealthy: 1, AbandonedUnhealthy: 2));
        move.ShouldBe(new HeldMove(2, 1, 0, 0, 0, 0));
    }

    [Fact]
    public void Where_the_bounds_leave_no_room_an_old_one_is_started_above_them_so_that_what_was_abandoned_can_go()
    {
        var counts = new ReplacementState(4, 1, 0, OldHealthy: 0, OldUnhealthy: 0, Dying: 0, New: 2, NewReady: 2);
        HeldReplacement.Next(new HeldState(counts, 2, AbandonedHealthy: 2, AbandonedUnhealthy: 0)).ShouldBe(new HeldMove(0, 0, 0, 0, 1, 0));
    }

    /// <summary>
    /// Whatever fails meanwhile: the healthy never fall below the minimum by a kill, the total never grows above what is
    /// allowed, the canaries come to stand beside as many old ones as there is room for, and after the promotion the rest follows.
    /// </summary>
    [Fact]
    public void No_canary_leaves_the_bounds_and_every_one_comes_to_stand_and_can_be_promoted()
    {
        var rollouts =
            from n in Gen.Choose(1, 12)
            from old in Gen.Choose(0, 14)
            from sick in Gen.Choose(0, 4)
            from abandoned in Gen.Choose(0, 3)
            from canaries in Gen.Choose(1, 14)
            from minimum in Gen.Choose(0, 20)
            from over in Gen.Choose(0, 20)
            from seed in Gen.Choose(0, int.MaxValue - 1)
            select new Rollout(n, old, Math.Min(sick, old), abandoned, canaries, minimum / 20.0, over / 20.0, seed);
        Prop.ForAll(rollouts.ToArbitrary(), rollout => new World(rollout).Run()).QuickCheckThrowOnFailure();
    }

    private sealed record Rollout(int N, int Old, int Sick, int Abandoned, int Canaries, double Minimum, double Over, int Seed);

    private sealed class World(Rollout rollout)
    {
        private const int Turns = 3000;
        private readonly Random _random = new(rollout.Seed);
        private int _healthyOld = rollout.Old - rollout.Sick;
        private int _sickOld = rollout.Sick;
        private int _abandoned = rollout.Abandoned;
        private int _startingOld;
        private int _dying;
        private int _started;
        private int _ready;
        private int _mayFail = 20;

        public void Run()
        {
            for (var turn = 0; !Stands(); turn++)
            {
                turn.ShouldBeLessThan(Turns, $"{rollout} does not come to stand");
                Apply(HeldReplacement.Next(Look()));
                Happen();
            }

            var state = Look();
            (_healthyOld + _sickOld + _startingOld).ShouldBe(HeldReplacement.OldWanted(state), $"{rollout}");
            HeldReplacement.Next(state).ShouldBe(default, $"{rollout}");

            // Promoted: old ones that wait to start are gone at once, and the rest is a rolling replacement.
            _startingOld = 0;
            var replacement = new RollingReplacement(Look().Counts);
            for (var turn = 0; ; turn++)
            {
                turn.ShouldBeLessThan(Turns, $"{rollout} does not end");
                var move = replacement.Next(Look().Counts);
                if (move.Done)
                {
                    break;
                }

                Apply(new HeldMove(0, 0, move.KillUnhealthy, move.KillHealthy, 0, move.Start));
                Happen();
            }

            _ready.ShouldBe(rollout.N);
        }

        private bool Stands()
        {
            var state = Look();
            return _abandoned + _dying + _startingOld == 0
                && _ready == HeldReplacement.CanariesOf(state)
                && _started == _ready
                && HeldReplacement.Next(state) == default;
        }

        private void Apply(HeldMove move)
        {
            var counts = Look().Counts;
            var minHealthy = RollingReplacement.MinHealthy(counts);
            var maxCapacity = RollingReplacement.MaxCapacity(counts);
            maxCapacity += minHealthy == maxCapacity ? 1 : 0;
            var healthyBefore = _healthyOld + _ready + _abandoned;
            move.KillHealthy.ShouldBeInRange(0, _healthyOld);
            move.KillUnhealthy.ShouldBeInRange(0, _sickOld + _startingOld);
            move.KillAbandonedHealthy.ShouldBeInRange(0, _abandoned);
            move.StartOld.ShouldBeGreaterThanOrEqualTo(0);
            move.StartNew.ShouldBeGreaterThanOrEqualTo(0);

            // One that waits to start is gone as soon as nobody wants it.
            var unstarted = Math.Min(_startingOld, move.KillUnhealthy);
            _startingOld -= unstarted;
            _sickOld -= move.KillUnhealthy - unstarted;
            _healthyOld -= move.KillHealthy;
            _abandoned -= move.KillAbandonedHealthy;
            _dying += move.KillUnhealthy - unstarted + move.KillHealthy + move.KillAbandonedHealthy;
            _startingOld += move.StartOld;
            _started += move.StartNew;
            if (move.KillHealthy + move.KillAbandonedHealthy > 0)
            {
                (_healthyOld + _ready + _abandoned).ShouldBeGreaterThanOrEqualTo(Math.Min(minHealthy, healthyBefore), $"{rollout}");
            }

            if (move.StartNew + move.StartOld > 0)
            {
                (_healthyOld + _sickOld + _startingOld + _abandoned + _dying + _started).ShouldBeLessThanOrEqualTo(maxCapacity, $"{rollout}");
            }

            _started.ShouldBeLessThanOrEqualTo(rollout.N, $"{rollout}");
        }

        private void Happen()
        {
            switch (_random.Next(7))
            {
                case 0 when _dying > 0:
                    _dying--;
                    break;
                case 1 when _started > _ready:
                    _ready++;
                    break;
                case 2 when _startingOld > 0:
                    _startingOld--;
                    _healthyOld++;
                    break;
                case 3 when _healthyOld > 0 && _mayFail-- > 0:
                    _healthyOld--; // it ended, and waits to start again
                    _startingOld++;
                    break;
                case 4 when _healthyOld > 0 && _mayFail-- > 0:
                    _healthyOld--; // its agent was given up
                    break;
                case 5 when _sickOld > 0:
                    _sickOld--;
                    _healthyOld++;
                    break;
                case 6 when _ready > 0 && _mayFail-- > 0:
                    _ready--;
                    break;
            }
        }

        private HeldState Look() => new(
            new ReplacementState(
                rollout.N, rollout.Minimum, rollout.Over, _healthyOld, _sickOld + _startingOld, _dying, _started, _ready),
            rollout.Canaries,
            _abandoned,
            0);
    }
}
