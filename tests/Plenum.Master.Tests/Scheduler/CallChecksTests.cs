using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.Scheduler;

/// <summary>The checks of <c>/api/v1/scheduler</c> in their order: each request fails two of them, and the earlier one answers.</summary>
public sealed class CallChecksTests
{
    private const string Endpoint = "/api/v1/scheduler";

    [Fact]
    public async Task A_method_other_than_POST_is_405_and_says_which_is_allowed()
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await master.Http.GetAsync(Endpoint);
        response.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        response.Content.Headers.Allow.ShouldBe(["POST"]);
    }

    [Fact]
    public async Task A_missing_content_type_is_400_and_an_unknown_one_415_before_the_body_is_looked_at()
    {
        await using var master = await TestMaster.StartAsync();
        (await PostAsync(master, null, "garbage"u8.ToArray())).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync(master, "text/plain", "garbage"u8.ToArray())).ShouldBe(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("application/json", "")]
    [InlineData("application/json", "{")]
    [InlineData("application/json", "[]")]
    [InlineData("application/json", """{"type":7}""")]
    [InlineData("application/json", """{"type":"KILL","framework_id":{"value":"f"},"kill":{}}""")]
    [InlineData("application/json", """{"type":"KILL","framework_id":{},"kill":{"task_id":{"value":"t"}}}""")]
    [InlineData("application/json", """{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u"}}}""")]
    [InlineData("application/json; charset=utf-8", """{"type":"SUBSCRIBE","subscribe":{}}""")]
    [InlineData("application/x-protobuf", "\u0012")]
    [InlineData("application/x-protobuf", "this is not a message")]
    public async Task A_body_that_is_no_whole_call_is_400(string contentType, string body)
    {
        await using var master = await TestMaster.StartAsync();
        (await PostAsync(master, contentType, Encoding.UTF8.GetBytes(body))).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Whatever_the_bytes_are_the_answer_is_never_a_server_error()
    {
        await using var master = await TestMaster.StartAsync();
        var random = new Random(20_261_122);
        var whole = Kill("f").ToByteArray();
        for (var round = 0; round < 300; round++)
        {
            var body = (byte[])whole.Clone();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                body[random.Next(body.Length)] = (byte)random.Next(256);
            }

            var status = await PostAsync(master, "application/x-protobuf", body[..random.Next(body.Length + 1)]);
            ((int)status).ShouldBeInRange(400, 499, $"round {round}: {Convert.ToHexString(body)}");
        }
    }

    public static TheoryData<string, string> Malformed() => new()
    {
        { "no type", """{"framework_id":{"value":"f"}}""" },
        { "no framework id", """{"type":"REVIVE"}""" },
        { "no accept", """{"type":"ACCEPT","framework_id":{"value":"f"}}""" },
        { "no decline", """{"type":"DECLINE","framework_id":{"value":"f"}}""" },
        { "no kill", """{"type":"KILL","framework_id":{"value":"f"}}""" },
        { "no shutdown", """{"type":"SHUTDOWN","framework_id":{"value":"f"}}""" },
        { "no acknowledge", """{"type":"ACKNOWLEDGE","framework_id":{"value":"f"}}""" },
        { "no reconcile", """{"type":"RECONCILE","framework_id":{"value":"f"}}""" },
        { "no message", """{"type":"MESSAGE","framework_id":{"value":"f"}}""" },
        { "no request", """{"type":"REQUEST","framework_id":{"value":"f"}}""" },
        { "no reconcile_operations", """{"type":"RECONCILE_OPERATIONS","framework_id":{"value":"f"}}""" },
        { "no accept_inverse_offers", """{"type":"ACCEPT_INVERSE_OFFERS","framework_id":{"value":"f"}}""" },
        { "no decline_inverse_offers", """{"type":"DECLINE_INVERSE_OFFERS","framework_id":{"value":"f"}}""" },
        {
            "uuid of 3 bytes",
            """{"type":"ACKNOWLEDGE","framework_id":{"value":"f"},"acknowledge":{"agent_id":{"value":"a"},"task_id":{"value":"t"},"uuid":"QUJD"}}"""
        },
        {
            "operation uuid of 3 bytes",
            """{"type":"ACKNOWLEDGE_OPERATION_STATUS","framework_id":{"value":"f"},"acknowledge_operation_status":{"agent_id":{"value":"a"},"operation_id":{"value":"o"},"uuid":"QUJD"}}"""
        },
        {
            "operation without agent",
            """{"type":"ACKNOWLEDGE_OPERATION_STATUS","framework_id":{"value":"f"},"acknowledge_operation_status":{"operation_id":{"value":"o"},"uuid":"QUJDREVGR0hJSktMTU5PUA=="}}"""
        },
        { "no subscribe", """{"type":"SUBSCRIBE"}""" },
        {
            "only the outer id",
            """{"type":"SUBSCRIBE","framework_id":{"value":"f"},"subscribe":{"framework_info":{"user":"u","name":"n"}}}"""
        },
        {
            "only the inner id",
            """{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n","id":{"value":"f"}}}}"""
        },
        {
            "unequal ids",
            """{"type":"SUBSCRIBE","framework_id":{"value":"g"},"subscribe":{"framework_info":{"user":"u","name":"n","id":{"value":"f"}}}}"""
        },
        {
            "unequal ids in an update",
            """{"type":"UPDATE_FRAMEWORK","framework_id":{"value":"g"},"update_framework":{"framework_info":{"user":"u","name":"n","id":{"value":"f"}}}}"""
        },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public async Task A_call_that_lacks_a_part_is_400_even_when_no_answer_format_fits(string what, string body)
    {
        await using var master = await TestMaster.StartAsync();
        (await PostAsync(master, "application/json", Encoding.UTF8.GetBytes(body), accept: "text/html"))
            .ShouldBe(HttpStatusCode.BadRequest, what);
    }

    [Fact]
    public async Task Only_subscribe_and_reconcile_operations_look_at_accept()
    {
        await using var master = await TestMaster.StartAsync();
        var subscribe = """{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n"}}}"""u8.ToArray();
        (await PostAsync(master, "application/json", subscribe, accept: "text/html", streamId: "any"))
            .ShouldBe(HttpStatusCode.NotAcceptable);
        var reconcile =
            """{"type":"RECONCILE_OPERATIONS","framework_id":{"value":"f"},"reconcile_operations":{}}"""u8.ToArray();
        (await PostAsync(master, "application/json", reconcile, accept: "text/html"))
            .ShouldBe(HttpStatusCode.NotAcceptable);
        (await PostAsync(master, "application/x-protobuf", Kill("f").ToByteArray(), accept: "text/html"))
            .ShouldBe(HttpStatusCode.BadRequest, "an unknown framework, whatever the header says");
    }

    [Fact]
    public async Task A_subscribe_with_a_stream_id_is_400()
    {
        await using var master = await TestMaster.StartAsync();
        var subscribe = """{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n"}}}"""u8.ToArray();
        (await PostAsync(master, "application/json", subscribe, streamId: "any")).ShouldBe(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Calls_are_checked_against_the_frameworks_current_stream()
    {
        await using var master = await TestMaster.StartAsync();
        (await PostAsync(master, Kill("nobody"), "some-stream")).ShouldBe(HttpStatusCode.BadRequest);

        var framework = await master.FrameworkAsync();
        var id = framework.Id.Value;
        (await PostAsync(master, Kill(id), null)).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync(master, Kill(id), "another-stream")).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync(master, Kill(id), framework.StreamId)).ShouldBe(HttpStatusCode.Accepted);

        // Unknown call types come after the stream's checks.
        var unknown = new Call { Type = Call.Types.Type.Unknown, FrameworkId = framework.Id };
        (await PostAsync(master, unknown, "another-stream")).ShouldBe(HttpStatusCode.BadRequest);
        (await PostAsync(master, unknown, framework.StreamId)).ShouldBe(HttpStatusCode.NotImplemented);

        // A type of a later version, which only protobuf can carry, is as good as none.
        var later = new Call { Type = (Call.Types.Type)99, FrameworkId = framework.Id };
        (await PostAsync(master, later, framework.StreamId)).ShouldBe(HttpStatusCode.BadRequest);

        // The stream ends; the framework stays for its failover time, not subscribed.
        await framework.DisposeAsync();
        await Until.TrueAsync("the framework is disconnected", async () =>
            (await PostAsync(master, Kill(id), framework.StreamId)) == HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task An_update_of_the_framework_is_answered_by_the_kernel()
    {
        await using var master = await TestMaster.StartAsync();
        await using var framework = await master.FrameworkAsync();
        var info = TestFramework.Info();
        info.Id = framework.Id;
        info.Name = "renamed";
        var call = new Call
        {
            Type = Call.Types.Type.UpdateFramework,
            UpdateFramework = new Call.Types.UpdateFramework { FrameworkInfo = info },
        };
        (await framework.CallAsync(call)).ShouldBe(HttpStatusCode.OK);
        (await master.GetJsonAsync("/frameworks")).GetProperty("frameworks")[0].GetProperty("name").GetString()
            .ShouldBe("renamed");
        info.User = "somebody-else";
        (await framework.CallAsync(call)).ShouldBe(HttpStatusCode.BadRequest);
        info.User = TestFramework.Info().User;
        (await framework.CallAsync(call)).ShouldBe(HttpStatusCode.OK, "the answers did not get out of step");
    }

    [Fact]
    public async Task A_call_is_202_with_an_empty_body()
    {
        await using var master = await TestMaster.StartAsync();
        await using var framework = await master.FrameworkAsync(json: true);
        using var request = TestFramework.Request(
            new Call { Type = Call.Types.Type.Suppress, FrameworkId = framework.Id }, json: true, framework.StreamId);
        using var response = await master.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        response.Content.Headers.ContentLength.ShouldBe(0);
        response.Content.Headers.ContentType.ShouldBeNull();
    }

    [Fact]
    public async Task A_body_above_the_limit_is_413_and_nothing_happens()
    {
        await using var master = await TestMaster.StartAsync(with: options => options with { MaxRequestBodyBytes = 2_000 });
        (await PostAsync(master, "application/json", new byte[2_001])).ShouldBe(HttpStatusCode.RequestEntityTooLarge);

        // Without a Content-Length the limit is found while reading.
        using var request = new HttpRequestMessage(HttpMethod.Post, Endpoint)
        {
            Content = new StreamContent(new MemoryStream(new byte[100_000])),
        };
        request.Headers.TransferEncodingChunked = true;
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/x-protobuf");
        using var response = await master.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await master.GetJsonAsync("/frameworks")).GetProperty("frameworks").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task More_frameworks_than_allowed_are_503()
    {
        await using var master = await TestMaster.StartAsync(with: options => options with { MaxSchedulerStreams = 1 });
        await using var framework = await master.FrameworkAsync();
        var subscribe = """{"type":"SUBSCRIBE","subscribe":{"framework_info":{"user":"u","name":"n"}}}"""u8.ToArray();
        (await PostAsync(master, "application/json", subscribe)).ShouldBe(HttpStatusCode.ServiceUnavailable);
    }

    private static Call Kill(string framework) => new()
    {
        Type = Call.Types.Type.Kill,
        FrameworkId = new FrameworkID { Value = framework },
        Kill = new Call.Types.Kill { TaskId = new TaskID { Value = "no-such-task" } },
    };

    private static Task<HttpStatusCode> PostAsync(TestMaster master, Call call, string? streamId) =>
        PostAsync(master, "application/x-protobuf", call.ToByteArray(), streamId: streamId);

    private static async Task<HttpStatusCode> PostAsync(
        TestMaster master, string? contentType, byte[] body, string? accept = null, string? streamId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Endpoint) { Content = new ByteArrayContent(body) };
        if (contentType is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType).ShouldBeTrue();
        }

        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept).ShouldBeTrue();
        }

        if (streamId is not null)
        {
            request.Headers.Add("Mesos-Stream-Id", streamId);
        }

        using var response = await master.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return response.StatusCode;
    }
}
