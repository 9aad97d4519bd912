using System.Diagnostics;
using Plenum.Http.Diagnostics;
using Plenum.Master.Tests.Cluster;

namespace Plenum.Master.Tests.Diagnostics;

public sealed class RequestPaceTests
{
    [Fact]
    public async Task Metrics_are_answered_twice_a_second_and_nobody_is_refused_for_coming_early()
    {
        await using var master = await TestMaster.StartAsync(with: static options => options with { MetricsInterval = RequestPace.OfMetrics });
        var start = Stopwatch.GetTimestamp();

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => master.GetJsonAsync("/metrics/snapshot")));

        answers.ShouldAllBe(static metrics => metrics.GetProperty("master/elected").GetDouble() == 1);
        Stopwatch.GetElapsedTime(start).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1), "two intervals lie between three");
    }

    [Fact]
    public async Task Above_sixty_that_wait_others_are_refused_at_once_and_who_leaves_makes_room()
    {
        var pace = new RequestPace(TimeSpan.FromHours(1), TimeProvider.System);
        using var leaving = new CancellationTokenSource();
        (await pace.EnterAsync(CancellationToken.None)).ShouldBeTrue();
        var waiting = Enumerable.Range(0, 60).Select(_ => pace.EnterAsync(leaving.Token).AsTask()).ToList();

        (await pace.EnterAsync(CancellationToken.None)).ShouldBeFalse();

        waiting.ShouldAllBe(static one => !one.IsCompleted);
        await leaving.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => Task.WhenAll(waiting));
        using var late = new CancellationTokenSource();
        var next = pace.EnterAsync(late.Token).AsTask();
        next.IsCompleted.ShouldBeFalse("there is room to wait again");
        await late.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => next);
    }
}
