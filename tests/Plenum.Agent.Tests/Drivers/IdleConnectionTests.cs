using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Plenum.Http;

namespace Plenum.Agent.Tests.Drivers;

public sealed class IdleConnectionTests
{
    [Fact]
    public async System.Threading.Tasks.Task Idle_connections_are_kept_for_years_and_the_servers_clock_can_count_that_far()
    {
        await using var web = EmbeddedWeb.Build(NullLoggerFactory.Instance, IPAddress.Loopback, 0, null, null, keepIdle: true);
        var limit = web.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits.KeepAliveTimeout;
        limit.ShouldBeGreaterThan(TimeSpan.FromDays(365));

        // Once it was TimeSpan.MaxValue, and the connections of idle executors were closed within a second.
        var ticks = limit.TotalSeconds * TimeProvider.System.TimestampFrequency;
        (TimeProvider.System.GetTimestamp() + ticks).ShouldBeLessThan(long.MaxValue);
    }
}
