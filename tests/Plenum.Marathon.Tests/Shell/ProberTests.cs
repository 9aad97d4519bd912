using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Shell;

namespace Plenum.Marathon.Tests.Shell;

/// <summary>The probes of the orchestrator against real sockets of the loopback.</summary>
public sealed class ProberTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Prober _prober = new(maxConcurrent: 4, TimeProvider.System);

    public void Dispose() => _prober.Dispose();

    [Fact]
    public async Task A_tcp_probe_tells_a_port_that_is_listened_on_from_one_that_is_not()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        (await ProbeAsync(ProbeScheme.Tcp, port)).ShouldBe(new ProbeOutcome { Connected = true });

        listener.Stop();
        var refused = await ProbeAsync(ProbeScheme.Tcp, port);
        refused.Connected.ShouldBeFalse();
        refused.Error.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task A_tcp_probe_reaches_an_address_of_the_newer_protocol_where_the_machine_has_it()
    {
        using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
        try
        {
            listener.Start();
        }
        catch (SocketException)
        {
            // This machine has no IPv6: nothing to reach.
            return;
        }

        (await ProbeAsync(ProbeScheme.Tcp, ((IPEndPoint)listener.LocalEndpoint).Port, host: "::1")).Connected.ShouldBeTrue();
    }

    [Fact]
    public async Task An_https_probe_takes_a_certificate_that_nobody_vouches_for()
    {
        await using var service = await ServeAsync(secure: true, context =>
        {
            context.Response.StatusCode = context.Request.Path == "/health" ? 204 : 404;
            return Task.CompletedTask;
        });
        var port = new Uri(service.Urls.Single()).Port;
        (await ProbeAsync(ProbeScheme.Https, port, "/health")).HttpStatus.ShouldBe(204);
        (await ProbeAsync(ProbeScheme.Https, port, "/")).HttpStatus.ShouldBe(404);

        // Plain text where TLS is spoken is no answer.
        (await ProbeAsync(ProbeScheme.Http, port, "/health")).HttpStatus.ShouldBeNull();
    }

    [Fact]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        var asked = 0;
        await using var service = await ServeAsync(secure: false, context =>
        {
            asked++;
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });
        (await ProbeAsync(ProbeScheme.Http, new Uri(service.Urls.Single()).Port)).HttpStatus.ShouldBe(302);
        asked.ShouldBe(1);
    }

    [Fact]
    public async Task A_readiness_answer_is_kept_as_far_as_clients_may_see_it()
    {
        await using var service = await ServeAsync(secure: true, async context =>
        {
            context.Response.StatusCode = 503;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync("""{"ready":false}""" + new string(' ', 100_000));
        });
        var outcome = await ProbeAsync(ProbeScheme.Https, new Uri(service.Urls.Single()).Port, keepBody: true);
        outcome.HttpStatus.ShouldBe(503);
        outcome.ContentType.ShouldBe("application/json");
        outcome.Body.ShouldStartWith("""{"ready":false}""");
        outcome.Body.Length.ShouldBe(8192);
    }

    [Fact]
    public async Task A_service_that_takes_the_connection_and_says_nothing_fails_after_the_timeout()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var outcome = await ProbeAsync(
            ProbeScheme.Http, ((IPEndPoint)listener.LocalEndpoint).Port, timeout: TimeSpan.FromMilliseconds(200));
        outcome.HttpStatus.ShouldBeNull();
        outcome.Error.ShouldBe("no answer within 0.2 s");
    }

    [Fact]
    public async Task A_service_that_speaks_something_else_is_an_error_with_a_reason()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var answered = AnswerAsync();
        (await ProbeAsync(ProbeScheme.Http, ((IPEndPoint)listener.LocalEndpoint).Port)).Error.ShouldNotBeNullOrEmpty();
        await answered;

        async Task AnswerAsync()
        {
            using var client = await listener.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync("SSH-2.0-x\r\n"u8.ToArray());
        }
    }

    private Task<ProbeOutcome> ProbeAsync(
        ProbeScheme scheme, int port, string path = "/", string host = "127.0.0.1", bool keepBody = false, TimeSpan? timeout = null) =>
        _prober.ProbeAsync(
            new ProbeRequest(new ProbeId(new InstanceId("a.instance-1"), 1, 0), scheme, host, port, path, timeout ?? Patience, keepBody),
            CancellationToken.None);

    private static async Task<WebApplication> ServeAsync(bool secure, RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (secure)
            {
                listen.UseHttps(SelfSigned());
            }
        }));
        var service = builder.Build();
        service.Run(answer);
        await service.StartAsync();
        return service;
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=nobody.invalid", key, HashAlgorithmName.SHA256);

        // Long expired, and of another name: neither keeps a check from asking.
        using var made = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}
