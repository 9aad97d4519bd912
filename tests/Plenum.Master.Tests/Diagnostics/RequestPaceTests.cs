using System.Diagnostics;
using System.Net;
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
        using var pace = new RequestPace(TimeSpan.FromHours(1), TimeProvider.System);
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

    [Fact]
    public async Task Closing_one_that_is_disposed_of_is_no_error_since_the_masters_loop_may_end_after_its_server()
    {
        var pace = new RequestPace(TimeSpan.FromHours(1), TimeProvider.System);
        (await pace.EnterAsync(CancellationToken.None)).ShouldBeTrue();
        var waiting = pace.EnterAsync(CancellationToken.None).AsTask();
        pace.Close();
        (await waiting).ShouldBeFalse();

        pace.Dispose();
        pace.Close();

        pace.IsClosed.ShouldBeTrue();
    }

    [Fact]
    public async Task A_master_that_stops_sends_those_away_that_wait()
    {
        var master = await TestMaster.StartAsync(with: static options => options with { MetricsInterval = TimeSpan.FromHours(1) });
        await master.GetJsonAsync("/metrics/snapshot");
        var metrics = new Uri(master.Server.Address, "metrics/snapshot");
        using var http = new HttpClient { Timeout = TimeSpan.FromMinutes(2) };
        var asked = Enumerable.Range(0, 61).Select(_ => http.GetAsync(metrics)).ToList();

        // The one that is refused says that all others wait.
        var refused = await Task.WhenAny(asked);
        (await refused).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        asked.Remove(refused);
        await master.DisposeAsync();

        (await Task.WhenAll(asked)).ShouldAllBe(static answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable);
    }
}
