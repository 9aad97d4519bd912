using System.Net;
using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;
using V1 = Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Drivers;

public sealed class DriverRefusalTests
{
    [Fact]
    public async Task A_driver_with_credentials_is_told_that_there_is_no_authentication()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.StartAsync(master.Server.Address);
        await driver.SendAsync(new AuthenticateMessage { Pid = driver.Pid });
        (await driver.NextAsync(AuthenticationErrorMessage.Parser)).Error.ShouldBe("No authenticator loaded");
    }

    [Fact]
    public async Task What_is_wrong_with_a_registration_comes_as_an_error()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.StartAsync(master.Server.Address);
        var info = TestDriver.Info();
        info.Role = "not/./a/role";
        await driver.SubscribeAsync(info);
        (await driver.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldContain("role");
        await driver.SendAsync(new ReregisterFrameworkMessage { Framework = TestDriver.Info(), Failover = false });
        (await driver.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldBe("Re-registering without an 'id'");
        info = TestDriver.Info();
        info.Id = new FrameworkID { Value = "f" };
        await driver.SendAsync(new RegisterFrameworkMessage { Framework = info });
        (await driver.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldBe("Registering with 'id' already set");
    }

    [Fact]
    public async Task A_driver_that_does_not_know_that_it_is_disconnected_is_told_at_its_next_call()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        driver.BreakLinks();
        await Until.TrueAsync("the disconnection", async () =>
            !(await master.GetJsonAsync("/state")).GetProperty("frameworks")[0].GetProperty("connected").GetBoolean());
        await driver.CallAsync(new Call { Type = V1.Call.Types.Type.Revive });
        (await driver.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldBe("Framework disconnected");
    }

    [Fact]
    public async Task An_aborted_driver_stays_connected_and_gets_no_offers_until_it_registers_again()
    {
        await using var master = await TestMaster.StartAsync();
        await using var agent = await master.AgentAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        var offer = (await driver.NextAsync(ResourceOffersMessage.Parser)).Offers[0];
        await driver.SendAsync(new DeactivateFrameworkMessage { FrameworkId = driver.Id });
        (await driver.NextAsync(RescindResourceOfferMessage.Parser)).OfferId.ShouldBe(offer.Id);
        var shown = (await master.GetJsonAsync("/state")).GetProperty("frameworks")[0];
        shown.GetProperty("active").GetBoolean().ShouldBeFalse();
        shown.GetProperty("connected").GetBoolean().ShouldBeTrue();

        // Another framework gets what the aborted one must not hold.
        await using var other = await master.FrameworkAsync();
        (await other.OfferAsync()).AgentId.ShouldBe(agent.Id);
        await driver.CallAsync(new Call { Type = V1.Call.Types.Type.Revive });
        (await master.GetJsonAsync("/state")).GetProperty("frameworks").EnumerateArray()
            .ShouldAllBe(framework => framework.GetProperty("active").GetBoolean() == (framework.GetProperty("id").GetString() != driver.Id.Value));

        var info = TestDriver.Info();
        info.Id = driver.Id;
        await driver.SubscribeAsync(info);
        await driver.NextAsync(FrameworkReregisteredMessage.Parser);
        (await master.GetJsonAsync("/state")).GetProperty("frameworks").EnumerateArray()
            .ShouldAllBe(framework => framework.GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task A_description_that_cannot_be_taken_comes_as_an_error_and_a_sound_one_is_taken()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        var info = TestDriver.Info();
        info.Id = driver.Id;
        info.WebuiUrl = "http://new.example";
        await driver.CallAsync(Update(info));
        await Until.TrueAsync("the new description", async () =>
            (await master.GetJsonAsync("/state")).GetProperty("frameworks")[0].GetProperty("webui_url").GetString() == info.WebuiUrl);
        info.User = "somebody else";
        await driver.CallAsync(Update(info));
        (await driver.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldContain("user");

        static Call Update(FrameworkInfo info) => new()
        {
            Type = V1.Call.Types.Type.UpdateFramework,
            UpdateFramework = new V1.Call.Types.UpdateFramework { FrameworkInfo = info, OfferConstraints = new V1.OfferConstraints() },
        };
    }

    [Fact]
    public async Task A_framework_that_an_operator_removes_is_told_because_it_would_not_notice()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        using var body = new FormUrlEncodedContent([new("frameworkId", driver.Id.Value)]);
        using var response = await master.Http.PostAsync("/teardown", body);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await driver.NextAsync(FrameworkErrorMessage.Parser)).Message.ShouldBe("Framework has been removed");
    }

    [Fact]
    public async Task Calls_over_http_for_a_framework_of_a_driver_are_forbidden()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        using var request = TestFramework.Request(
            new V1.Call { Type = V1.Call.Types.Type.Revive, FrameworkId = driver.Id }, json: false, streamId: "any");
        using var response = await master.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Calls_from_an_address_that_is_not_the_frameworks_are_dropped()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.RegisteredAsync(master.Server.Address);
        await using var stranger = await TestDriver.RegisteredAsync(master.Server.Address);
        var own = stranger.Id;
        stranger.Id = driver.Id;
        await stranger.CallAsync(new Call { Type = V1.Call.Types.Type.Teardown });

        // Its own teardown comes after the other one on the same connection.
        stranger.Id = own;
        await stranger.CallAsync(new Call { Type = V1.Call.Types.Type.Teardown });
        await Until.TrueAsync("the stranger's end", async () =>
            (await master.GetJsonAsync("/state")).GetProperty("frameworks").GetArrayLength() == 1);
        (await master.GetJsonAsync("/state")).GetProperty("frameworks")[0].GetProperty("id").GetString().ShouldBe(driver.Id.Value);
    }

    [Theory]
    [InlineData("Libprocess-From: scheduler-1@127.0.0.1:9", "mesos.scheduler.Call", new byte[] { 0xff, 0xff }, "202")]
    [InlineData("Libprocess-From: scheduler-1@127.0.0.1:9", "mesos.internal.NoSuchMessage", new byte[] { }, "404")]
    [InlineData("Libprocess-From: scheduler-1@192.0.2.1:9", "mesos.scheduler.Call", new byte[] { }, "400")]
    [InlineData("Libprocess-From: nonsense", "mesos.scheduler.Call", new byte[] { }, "500")]
    [InlineData("Libprocess-From: a b\tc@127.0.0.1:9", "mesos.scheduler.Call", new byte[] { }, "500")]
    [InlineData("User-Agent: libprocess/scheduler-1@127.0.0.1:9", "mesos.scheduler.Call", new byte[] { }, "202")]
    [InlineData("Accept: */*", "mesos.scheduler.Call", new byte[] { }, "404")]
    public async Task Requests_are_answered_as_libprocess_answers_them(string header, string name, byte[] body, string status)
    {
        await using var master = await TestMaster.StartAsync();
        await using var connection = await RawConnection.OpenAsync(master.Server.Address);
        await connection.SendAsync($"POST /master/{name} HTTP/1.1\nHost: \n{header}", body);
        (await connection.ReadHeadAsync())[0].Split(' ')[1].ShouldBe(status);
    }

    [Fact]
    public async Task It_can_be_switched_off()
    {
        await using var master = await TestMaster.StartAsync(with: options => options with { Libprocess = false });
        await using var connection = await RawConnection.OpenAsync(master.Server.Address);
        await connection.SendAsync(
            "POST /master/mesos.scheduler.Call HTTP/1.1\nHost: \nLibprocess-From: scheduler-1@127.0.0.1:9", ByteString.Empty.Memory);
        (await connection.ReadHeadAsync())[0].Split(' ')[1].ShouldBe("404");
    }
}
