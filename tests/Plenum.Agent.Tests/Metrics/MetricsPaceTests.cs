using System.Net;
using Plenum.Agent.Tests.Server;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Metrics;

/// <summary>Who asks for metrics too often waits, and does not hold the agent's stop.</summary>
public sealed class MetricsPaceTests
{
    [Fact]
    public async Task Who_comes_early_waits_the_sixty_first_is_refused_and_a_stop_sends_all_away()
    {
        await using var fixture = await AgentFixture.StartAsync(adjust: static options => options with { MetricsInterval = TimeSpan.FromHours(1) });
        (await fixture.GetAsync("metrics/snapshot")).ShouldContain("slave/uptime_secs");
        var metrics = new Uri(fixture.Agent.Address, "metrics/snapshot");
        var asked = Enumerable.Range(0, 61).Select(_ => fixture.Http.GetAsync(metrics)).ToList();

        // The one that is refused says that all others wait.
        var refused = await Task.WhenAny(asked);
        (await refused).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        asked.Remove(refused);
        await fixture.RestartAgentAsync();

        (await Task.WhenAll(asked)).ShouldAllBe(static answer => answer.StatusCode == HttpStatusCode.ServiceUnavailable);
    }
}
