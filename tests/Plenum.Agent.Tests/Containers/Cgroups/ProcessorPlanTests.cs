using FsCheck;
using FsCheck.Fluent;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Cgroups;

namespace Plenum.Agent.Tests.Containers.Cgroups;

public sealed class ProcessorPlanTests
{
    private static readonly ContainerKey[] Keys = [.. Enumerable.Range(0, 6).Select(static number => new ContainerKey($"c{number}"))];

    [Theory]
    [InlineData(2.0, null, false, 2)]
    [InlineData(2.0, 2.0, false, 2)]
    [InlineData(2.0, 1.5, false, 2)]
    [InlineData(1.5, null, false, 0)]
    [InlineData(0.0, null, false, 0)]
    [InlineData(2.0, 3.0, false, 0)]
    [InlineData(2.0, double.PositiveInfinity, false, 0)]
    [InlineData(2.0, null, true, 0)]
    public void Only_whole_cpus_of_ones_own_that_are_enough_are_wanted_alone(double cpus, double? limit, bool isRevocable, int expected) =>
        ProcessorPlan.Wanted(new ContainerLimits { Cpus = cpus, CpuLimit = limit, IsRevocable = isRevocable }).ShouldBe(expected);

    [Fact]
    public void The_highest_go_first_and_the_last_one_stays_shared()
    {
        var plan = new ProcessorPlan([0, 1, 2, 3]);
        plan.Assign(Keys[0], 2).ShouldBeTrue();
        plan.OwnOf(Keys[0]).ShouldBe([2, 3]);
        plan.Assign(Keys[1], 2).ShouldBeFalse("one has to stay");
        plan.Of(Keys[1]).ShouldBe([0, 1]);
        plan.Assign(Keys[1], 1).ShouldBeTrue();
        plan.Of(Keys[2]).ShouldBe([0]);
        plan.Return(Keys[0]).ShouldBeTrue();
        plan.Shared.ShouldBe([0, 2, 3]);
    }

    [Fact]
    public void What_was_ones_own_is_again_but_for_processors_that_are_gone_or_anothers()
    {
        var plan = new ProcessorPlan([0, 1, 2]);
        plan.Restore(Keys[0], [2, 7]);
        plan.Restore(Keys[1], [2]);
        plan.OwnOf(Keys[0]).ShouldBe([2]);
        plan.OwnOf(Keys[1]).ShouldBeEmpty();
        plan.Shared.ShouldBe([0, 1]);
    }

    [Fact]
    public void Processors_that_the_machine_loses_and_gets_are_followed()
    {
        var plan = new ProcessorPlan([0, 1, 2, 3]);
        plan.Assign(Keys[0], 2).ShouldBeTrue();
        plan.Assign(Keys[1], 1).ShouldBeTrue();
        plan.Renew([0, 1, 2, 3]).ShouldBeFalse();

        plan.Renew([0, 2]).ShouldBeTrue();
        plan.OwnOf(Keys[0]).ShouldBe([2], "the other one is gone");
        plan.OwnOf(Keys[1]).ShouldBeEmpty();
        plan.Of(Keys[1]).ShouldBe([0]);

        plan.Renew([0, 1, 2, 3, 4]).ShouldBeTrue();
        plan.OwnOf(Keys[0]).ShouldBe([2]);
        plan.Shared.ShouldBe([0, 1, 3, 4]);

        plan.Renew([2]).ShouldBeTrue();
        plan.OwnOf(Keys[0]).ShouldBeEmpty("one stays shared");
        plan.Of(Keys[0]).ShouldBe([2]);
    }

    [Fact]
    public void Every_processor_is_at_any_time_ones_own_or_shared_and_one_is_shared()
    {
        var step = from key in Gen.Elements(Keys)
                   from wanted in Gen.Choose(0, 5)
                   from returns in Gen.Elements(true, false, false)
                   select (key, wanted, returns);
        var world = from processors in Gen.Choose(1, 8)
                    from steps in Gen.ListOf(step)
                    select (processors, steps: steps.ToArray());
        Prop.ForAll(Arb.From(world), static world =>
        {
            var plan = new ProcessorPlan(Enumerable.Range(0, world.processors));
            foreach (var (key, wanted, returns) in world.steps)
            {
                _ = returns ? plan.Return(key) : plan.Assign(key, wanted);
                int[] all = [.. plan.Shared, .. Keys.SelectMany(plan.OwnOf)];
                all.Order().ShouldBe(Enumerable.Range(0, world.processors));
                plan.Shared.ShouldNotBeEmpty();
                plan.OwnOf(key).Count.ShouldBeOneOf(0, returns ? 0 : wanted);
            }
        }).QuickCheckThrowOnFailure();
    }

    [Theory]
    [InlineData("0-3,8\n", "0,1,2,3,8")]
    [InlineData("5", "5")]
    [InlineData("\n", "")]
    public void The_kernels_lists_are_read(string text, string expected) => ProcessorList.Format(ProcessorList.Parse(text)).ShouldBe(expected);
}
