using System.Globalization;
using System.Text;
using System.Text.Json;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Tests.Scheduler;

/// <summary>The bytes of an event stream: the node client and mesos-go rely on each of these.</summary>
public sealed class StreamFramingTests
{
    [Fact]
    public async Task A_json_stream_has_the_headers_and_one_record_in_each_chunk()
    {
        await using var master = await TestMaster.StartAsync();
        await using var connection = await SubscribeAsync(master, "Content-Type: application/json");

        var head = await connection.ReadHeadAsync();
        head[0].ShouldBe("HTTP/1.1 200 OK");
        head.ShouldContain("Content-Type: application/json");
        head.ShouldContain("Transfer-Encoding: chunked");
        head.ShouldNotContain(line => line.StartsWith("Content-Length", StringComparison.OrdinalIgnoreCase));
        head.ShouldNotContain(line => line.StartsWith("Content-Encoding", StringComparison.OrdinalIgnoreCase));
        var streamId = head.Single(line => line.StartsWith("Mesos-Stream-Id: ", StringComparison.Ordinal));
        streamId.Length.ShouldBeInRange("Mesos-Stream-Id: ".Length + 1, 128);

        var subscribed = Record(await connection.ReadChunkAsync());
        subscribed.GetProperty("type").GetString().ShouldBe("SUBSCRIBED");
        subscribed.GetProperty("subscribed").GetProperty("framework_id").GetProperty("value").GetString()
            .ShouldNotBeNullOrEmpty();
        subscribed.GetProperty("subscribed").GetProperty("heartbeat_interval_seconds").GetRawText().ShouldBe("15.0");
        subscribed.GetProperty("subscribed").GetProperty("master_info").GetProperty("port").GetInt32()
            .ShouldBe(master.Server.Address.Port);

        Encoding.ASCII.GetString(await connection.ReadChunkAsync()).ShouldBe("20\n{\"type\":\"HEARTBEAT\"}");
    }

    [Fact]
    public async Task A_protobuf_stream_has_its_own_type_and_binary_records()
    {
        await using var master = await TestMaster.StartAsync();
        await using var connection = await SubscribeAsync(
            master, "Content-Type: application/json\nAccept: application/x-protobuf\nConnection: close");

        // mesos-go subscribes with Connection: close; the stream must be chunked all the same.
        var head = await connection.ReadHeadAsync();
        head.ShouldContain("Content-Type: application/x-protobuf");
        head.ShouldContain("Transfer-Encoding: chunked");

        var chunk = await connection.ReadChunkAsync();
        var newline = Array.IndexOf(chunk, (byte)'\n');
        int.Parse(Encoding.ASCII.GetString(chunk, 0, newline), CultureInfo.InvariantCulture)
            .ShouldBe(chunk.Length - newline - 1);
        Event.Parser.ParseFrom(chunk.AsSpan(newline + 1)).Type.ShouldBe(Event.Types.Type.Subscribed);
        (await connection.ReadChunkAsync()).ShouldBe("2\n\b\b"u8.ToArray());
    }

    [Fact]
    public async Task A_record_larger_than_the_servers_blocks_is_still_one_chunk()
    {
        await using var master = await TestMaster.StartAsync();
        await using var connection = await SubscribeAsync(master, "Content-Type: application/json");
        await connection.ReadHeadAsync();
        await connection.ReadChunkAsync();
        await connection.ReadChunkAsync();
        var agents = new List<TestAgent>();
        for (var index = 0; index < 20; index++)
        {
            var registration = TestAgent.Registration("cpus:4;mem:4096");
            registration.AgentInfo.Attributes[0].Text.Value = new string('x', 20_000);
            registration.AgentInfo.Hostname = $"machine-{index}.example";
            registration.Address.Port += index;
            agents.Add(await TestAgent.RegisterAsync(master.Server.Address, registration));
        }

        var offered = 0;
        while (offered < agents.Count)
        {
            var record = Record(await connection.ReadChunkAsync());
            record.GetProperty("type").GetString().ShouldBe("OFFERS");
            offered += record.GetProperty("offers").GetProperty("offers").GetArrayLength();
        }

        foreach (var agent in agents)
        {
            await agent.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_is_wrong_with_a_subscription_comes_as_one_error_event_and_the_end()
    {
        await using var master = await TestMaster.StartAsync();
        await using var connection = await RawConnection.OpenAsync(master.Server.Address);
        await connection.SendAsync(
            "POST /api/v1/scheduler HTTP/1.1\nHost: master\nContent-Type: application/json",
            """{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n","role":"/bad/"}}}"""u8.ToArray());
        (await connection.ReadHeadAsync())[0].ShouldBe("HTTP/1.1 200 OK");
        Record(await connection.ReadChunkAsync()).GetProperty("type").GetString().ShouldBe("ERROR");
        (await connection.ReadChunkAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Heartbeats_come_at_the_interval_that_was_announced()
    {
        await using var master = await TestMaster.StartAsync(
            with: options => options with { HeartbeatInterval = TimeSpan.FromMilliseconds(50) });
        await using var framework = await master.FrameworkAsync();
        for (var count = 0; count < 4; count++)
        {
            (await Patience.For("a heartbeat", framework.ReadAsync))!.Type.ShouldBe(Event.Types.Type.Heartbeat);
        }
    }

    private static async Task<RawConnection> SubscribeAsync(TestMaster master, string headers)
    {
        var connection = await RawConnection.OpenAsync(master.Server.Address);
        await connection.SendAsync(
            $"POST /api/v1/scheduler HTTP/1.1\nHost: master\n{headers}",
            """{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n","role":"*"}}}"""u8.ToArray());
        return connection;
    }

    /// <summary>Checks the framing of a chunk and reads the JSON inside.</summary>
    private static JsonElement Record(byte[] chunk)
    {
        var newline = Array.IndexOf(chunk, (byte)'\n');
        int.Parse(Encoding.ASCII.GetString(chunk, 0, newline), CultureInfo.InvariantCulture)
            .ShouldBe(chunk.Length - newline - 1, "the chunk holds exactly one record");
        return JsonDocument.Parse(chunk.AsMemory(newline + 1)).RootElement;
    }
}
