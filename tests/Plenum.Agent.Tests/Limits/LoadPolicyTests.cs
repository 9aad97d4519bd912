using Plenum.Agent.Limits;

namespace Plenum.Agent.Tests.Limits;

public sealed class LoadPolicyTests
{
    [Theory]
    [InlineData(4.0, 9.0, null)]
    [InlineData(4.1, 0.0, "5 minutes is 4.1")]
    [InlineData(0.0, 9.01, "15 minutes is 9.01")]
    public void Only_what_is_above_a_threshold_counts_and_is_named(double five, double fifteen, string? expected)
    {
        var reason = new LoadPolicy(FiveMinutes: 4, FifteenMinutes: 9).Reason(new LoadAverages(five, fifteen));
        (reason is null).ShouldBe(expected is null);
        (reason ?? "").ShouldContain(expected ?? "");
    }

    [Fact]
    public void Without_thresholds_it_is_off() => (LoadPolicy.None.IsOff, LoadPolicy.None.Reason(new LoadAverages(1e9, 1e9))).ShouldBe((true, null));

    [Fact]
    public void The_kernels_line_is_one_five_and_fifteen_minutes()
    {
        LoadAverages.Parse("0.42 1.30 2.25 1/345 6789\n").ShouldBe(new LoadAverages(1.30, 2.25));
        Should.Throw<IOException>(() => LoadAverages.Parse("busy"));
    }
}
