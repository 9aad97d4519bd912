using System.Text;
using Google.Protobuf;
using Plenum.Http.Libprocess;
using Plenum.Master.Drivers;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;
using V1 = Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Drivers;

/// <summary>Bytes written by hand from the reference: number, kind and length of every field.</summary>
public sealed class DriverBytesTests
{
    private static readonly Upid Master = Parse("master@127.0.0.1:5050");

    [Fact]
    public async Task A_message_to_a_driver_is_a_post_with_the_headers_of_libprocess()
    {
        await using var master = await TestMaster.StartAsync();
        await using var driver = await TestDriver.StartAsync(master.Server.Address);
        await driver.SendAsync("mesos.internal.RegisterFrameworkMessage", Hex("""
            0a 16
              0a 06 6e 6f 62 6f 64 79   12 03 6f 6c 64   21 00 00 00 00 00 00 00 00
            """));
        var mail = await driver.NextAsync();
        var pid = $"master@127.0.0.1:{master.Server.Address.Port}";
        mail.Head.ShouldBe(
        [
            $"POST /{driver.Pid[..driver.Pid.IndexOf('@')]}/mesos.internal.FrameworkRegisteredMessage HTTP/1.1",
            $"User-Agent: libprocess/{pid}",
            $"Libprocess-From: {pid}",
            "Connection: Keep-Alive",
            $"Host: {driver.Address}",
            "Transfer-Encoding: chunked",
        ]);
        var registered = FrameworkRegisteredMessage.Parser.ParseFrom(mail.Body);
        registered.MasterInfo.Pid.ShouldBe(pid, "a driver hears nobody but the process that this names");
    }

    [Fact]
    public void A_subscription_of_a_driver_has_force_where_v1_has_the_suppressed_roles()
    {
        var call = Call.Parser.ParseFrom(Hex("""
            0a 03 0a 01 66
            10 01
            1a 16
              0a 0b  0a 01 75  12 01 6e  1a 03 0a 01 66
              10 01
              1a 01 72
              22 02 0a 00
            """));
        call.Subscribe.Force.ShouldBeTrue();
        var v1 = DriverCalls.Of(call);
        v1.Type.ShouldBe(V1.Call.Types.Type.Subscribe);
        v1.FrameworkId.Value.ShouldBe("f");
        v1.Subscribe.FrameworkInfo.User.ShouldBe("u");
        v1.Subscribe.FrameworkInfo.Id.Value.ShouldBe("f");
        v1.Subscribe.SuppressedRoles.ShouldBe(["r"]);
        v1.Subscribe.OfferConstraints.ShouldNotBeNull();
    }

    [Fact]
    public void Offers_have_a_pid_each()
    {
        var offers = new V1.Event
        {
            Type = V1.Event.Types.Type.Offers,
            Offers = new V1.Event.Types.Offers { Offers_ = { Offer("o"), Offer("p") } },
        };
        Bytes(offers).ShouldBe(Hex("""
            0a 12  0a 03 0a 01 6f  12 03 0a 01 66  1a 03 0a 01 73  22 01 68
            0a 12  0a 03 0a 01 70  12 03 0a 01 66  1a 03 0a 01 73  22 01 68
            12 15  6d 61 73 74 65 72 40 31 32 37 2e 30 2e 30 2e 31 3a 35 30 35 30
            12 15  6d 61 73 74 65 72 40 31 32 37 2e 30 2e 30 2e 31 3a 35 30 35 30
            """));
    }

    [Fact]
    public void An_update_to_acknowledge_has_uuid_and_pid()
    {
        var update = new V1.Event
        {
            Type = V1.Event.Types.Type.Update,
            Update = new V1.Event.Types.Update
            {
                Status = new TaskStatus
                {
                    TaskId = new TaskID { Value = "t" },
                    State = TaskState.TaskRunning,
                    AgentId = new AgentID { Value = "s" },
                    Timestamp = 1,
                    Uuid = ByteString.CopyFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
                },
            },
        };
        Bytes(update).ShouldBe(Hex("""
            0a 50
              0a 03 0a 01 66
              1a 03 0a 01 73
              22 27  0a 03 0a 01 74  10 01  2a 03 0a 01 73  31 00 00 00 00 00 00 f0 3f
                     5a 10 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10
              29 00 00 00 00 00 00 f0 3f
              32 10 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10
              38 01
            12 15  6d 61 73 74 65 72 40 31 32 37 2e 30 2e 30 2e 31 3a 35 30 35 30
            """));
    }

    [Theory]
    [InlineData("scheduler-0b1c@10.0.0.1:41234", true)]
    [InlineData("slave(1)@127.0.0.1:5051", true)]
    [InlineData("@127.0.0.1:5051", false)]
    [InlineData("slave(1)@localhost:5051", false)]
    [InlineData("slave(1)@127.0.0.1", false)]
    [InlineData("slave(1)@127.0.0.1:0", false)]
    [InlineData("slave(1)@127.0.0.1:65536", false)]
    [InlineData("a/b@127.0.0.1:1", false)]
    [InlineData("a\r\nHost: x@127.0.0.1:1", false)]
    [InlineData("", false)]
    public void Only_plain_addresses_are_taken(string text, bool taken)
    {
        Upid.TryParse(text, out var upid).ShouldBe(taken);
        if (taken)
        {
            upid.ToString().ShouldBe(text);
        }
    }

    private static Offer Offer(string id) => new()
    {
        Id = new OfferID { Value = id },
        FrameworkId = new FrameworkID { Value = "f" },
        AgentId = new AgentID { Value = "s" },
        Hostname = "h",
    };

    private static byte[] Bytes(V1.Event message) =>
        new DriverEvents(Master).Translate(new FrameworkID { Value = "f" }, message)!.ToByteArray();

    private static Upid Parse(string text) => Upid.TryParse(text, out var upid) ? upid : throw new FormatException(text);

    private static byte[] Hex(string text) =>
        Convert.FromHexString(new StringBuilder(text).Replace(" ", "").Replace("\n", "").Replace("\r", "").ToString());
}
