using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Tests.Images;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Checking;

/// <summary>Health checks as the reference has them (6.13), of real tasks.</summary>
public sealed class CheckedTaskTests
{
    [Fact]
    public async Task An_https_check_takes_a_certificate_that_nobody_vouches_for_and_looks_at_the_answer()
    {
        var status = StatusCodes.Status200OK;
        using var certificate = new TestCertificate();
        using var server = X509Certificate2.CreateFromPem(certificate.Pem, certificate.KeyPem);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(server)));
        await using var web = builder.Build();
        web.Run(context =>
        {
            context.Response.StatusCode = Volatile.Read(ref status);
            return Task.CompletedTask;
        });
        await web.StartAsync();
        var address = new Uri(web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("t", "sleep 1000", task => task.HealthCheck = new HealthCheck
        {
            Type = HealthCheck.Types.Type.Http,
            Http = new HealthCheck.Types.HTTPCheckInfo { Scheme = "https", Port = (uint)address.Port, Path = "/" },
            DelaySeconds = 0,
            IntervalSeconds = 0.1,
            GracePeriodSeconds = 0,
            ConsecutiveFailures = 2,
        }));

        while ((await fixture.Master.UpdateAsync("t", TaskState.TaskRunning)) is not { HasHealthy: true, Healthy: true })
        {
            // It runs before it was checked.
        }

        Volatile.Write(ref status, StatusCodes.Status500InternalServerError);
        (await fixture.Master.UpdateAsync("t", TaskState.TaskKilled)).Healthy.ShouldBeFalse();
    }

    [Theory]
    [InlineData("/moved", "HTTP status 500")]
    [InlineData("/circle", "redirected more than 50 times")]
    [InlineData("/elsewhere", "redirected to ftp")]
    public async Task Redirects_are_followed_from_https_to_http_too_and_count_by_where_they_lead(string path, string failure)
    {
        using var certificate = new TestCertificate();
        using var server = X509Certificate2.CreateFromPem(certificate.Pem, certificate.KeyPem);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(server));
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        await using var web = builder.Build();
        Uri[] addresses = [];
        web.Run(context =>
        {
            switch (context.Request.Path.Value)
            {
                case "/moved":
                    context.Response.Redirect(new Uri(addresses.Single(static address => address.Scheme == "http"), "/broken").ToString());
                    break;
                case "/circle":
                    context.Response.Redirect("/circle");
                    break;
                case "/elsewhere":
                    context.Response.Redirect("ftp://127.0.0.1/");
                    break;
                default:
                    context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                    break;
            }

            return Task.CompletedTask;
        });
        await web.StartAsync();
        addresses = [.. web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(static address => new Uri(address))];
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Run(FakeMaster.Task("t", "sleep 1000", task => task.HealthCheck = new HealthCheck
        {
            Type = HealthCheck.Types.Type.Http,
            Http = new HealthCheck.Types.HTTPCheckInfo
            {
                Scheme = "https", Port = (uint)addresses.Single(static address => address.Scheme == "https").Port, Path = path,
            },
            DelaySeconds = 0,
            IntervalSeconds = 0.1,
            GracePeriodSeconds = 0,
        }));

        TaskStatus status;
        do
        {
            status = await fixture.Master.UpdateAsync("t", TaskState.TaskRunning);
        }
        while (!status.HasHealthy);

        status.Healthy.ShouldBeFalse();
        status.Message.ShouldContain(failure);
    }

    [Fact]
    public async Task A_pods_task_that_is_not_healthy_is_killed_and_its_group_with_it()
    {
        await using var fixture = await AgentFixture.StartAsync();
        fixture.Master.Send(new MasterMessage
        {
            RunTaskGroup = new MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = new ExecutorInfo { Type = ExecutorInfo.Types.Type.Default, ExecutorId = new ExecutorID { Value = "pod" } },
                TaskGroup = new TaskGroupInfo
                {
                    Tasks =
                    {
                        FakeMaster.Task("well", "sleep 1000"),
                        FakeMaster.Task("sick", "sleep 1000", static task => task.HealthCheck = new HealthCheck
                        {
                            Type = HealthCheck.Types.Type.Command,
                            Command = new CommandInfo { Value = "exit 1" },
                            DelaySeconds = 0,
                            IntervalSeconds = 0.1,
                            GracePeriodSeconds = 0,
                            ConsecutiveFailures = 1,
                        }),
                    },
                },
            },
        });

        var ends = new Dictionary<string, TaskStatus>(StringComparer.Ordinal);
        while (ends.Count < 2)
        {
            if ((await fixture.Master.ReceiveAsync()).StatusUpdate?.Status is { } status
                && status.State is not (TaskState.TaskStarting or TaskState.TaskRunning or TaskState.TaskKilling))
            {
                ends.TryAdd(status.TaskId.Value, status);
            }
        }

        ends["sick"].State.ShouldBe(TaskState.TaskKilled);
        ends["sick"].Healthy.ShouldBeFalse();
        ends["well"].State.ShouldBe(TaskState.TaskKilled);
    }
}
