using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Plenum.Http;

/// <summary>The web server of one role; several roles, each with its own, can live in one process.</summary>
public static class EmbeddedWeb
{
    /// <summary>
    /// Kestrel counts in nanoseconds and adds this to its clock without a check: with the largest time span the
    /// sum is below zero, and every idle connection is closed at once.
    /// </summary>
    private static readonly TimeSpan IdleForEver = TimeSpan.FromDays(3_650);

    /// <param name="bodyLimit">Bytes of a request's body; null where the routes have bounds of their own.</param>
    /// <param name="connectionLimit">Null for no limit.</param>
    /// <param name="keepIdle">
    /// Connections on which nothing comes stay open. Old drivers take the end of their connection for that of the
    /// whole process: an executor then shuts itself down.
    /// </param>
    public static WebApplication Build(
        ILoggerFactory loggers, IPAddress address, int port, long? bodyLimit, long? connectionLimit, bool keepIdle = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, EmbeddedLifetime>();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = bodyLimit;
            kestrel.Limits.MaxConcurrentConnections = connectionLimit;
            if (keepIdle)
            {
                kestrel.Limits.KeepAliveTimeout = IdleForEver;
            }

            kestrel.Listen(address, port, static listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }

    /// <summary>
    /// The process belongs to whoever started this role, possibly beside others: the web host must not take
    /// its signals.
    /// </summary>
    private sealed class EmbeddedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
