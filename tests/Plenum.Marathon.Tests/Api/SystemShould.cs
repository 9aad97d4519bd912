namespace Plenum.Marathon.Tests.Api;

public sealed class SystemShould
{
    [Theory]
    [InlineData(null, 200, "pong")]
    [InlineData("*/*", 200, "pong")]
    [InlineData("text/plain", 200, "pong")]
    [InlineData("application/json", 200, "\"pong\"")]
    [InlineData("application/json, text/plain;q=0.5", 200, "\"pong\"")]
    [InlineData("image/png", 204, "")]
    public async Task Answer_a_ping_in_the_form_the_client_prefers(string? accept, int status, string body)
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("GET", "/ping", accept: accept);

        answer.Status.ShouldBe(status);
        answer.Body.ShouldBe(body);
    }

    [Fact]
    public async Task Name_itself_and_its_settings()
    {
        await using var host = await ApiHost.StartAsync();
        host.Marathon.Snapshot = host.Marathon.Snapshot with { FrameworkId = "f-1" };

        var info = (await host.GetAsync("/v2/info")).Json;

        info["name"]!.GetValue<string>().ShouldBe("marathon");
        info["frameworkId"]!.GetValue<string>().ShouldBe("f-1");
        info["leader"]!.GetValue<string>().ShouldBe($"127.0.0.1:{host.Address.Port}");
        info["marathon_config"]!["local_port_max"]!.GetValue<int>().ShouldBe(20000);
        info["marathon_config"]!.AsObject().ContainsKey("default_network_name").ShouldBeTrue();
        info["zookeeper_config"]!.AsObject().ContainsKey("zk").ShouldBeTrue();
        info["http_config"]!["http_port"]!.GetValue<int>().ShouldBe(host.Address.Port);
        (await host.GetAsync("/v2/leader")).Json["leader"]!.GetValue<string>().ShouldBe($"127.0.0.1:{host.Address.Port}");
        (await host.GetAsync("/v2/plugins")).Json["plugins"]!.AsArray().ShouldBeEmpty();
    }

    [Fact]
    public async Task Count_what_runs_in_both_formats()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");
        host.Marathon.Run("/web", "h1", "h2");

        var gauges = (await host.GetAsync("/metrics")).Json["gauges"]!;
        gauges["marathon.instances.running.gauge"]!["value"]!.GetValue<double>().ShouldBe(2);
        var text = await host.GetAsync("/metrics/prometheus");
        text.Body.ShouldContain("marathon_apps_active_gauge 1\n");
        text.Headers["Content-Type"].ShouldStartWith("text/plain");
    }
}
