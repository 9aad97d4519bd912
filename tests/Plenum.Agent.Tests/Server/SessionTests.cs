using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class SessionTests
{
    [Fact]
    public async Task A_session_streams_output_and_its_exit_code_can_be_waited_for()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = await ParentAsync(fixture);
        using var response = await fixture.PostAsync("slave(1)/api/v1", Launch(id, "echo out; echo err >&2; exit 3"), "application/recordio");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe("application/recordio");
        response.Headers.GetValues("Message-Content-Type").ShouldBe(["application/json"]);
        var (output, error) = await ReadAllAsync(response);
        output.ShouldBe("out\n");
        error.ShouldBe("err\n");
        var wait = await fixture.CallAsync(new Call
        {
            Type = Call.Types.Type.WaitNestedContainer,
            WaitNestedContainer = new Call.Types.WaitNestedContainer { ContainerId = id },
        });
        wait.WaitNestedContainer.ExitStatus.ShouldBe(3 << 8);
    }

    [Fact]
    public async Task What_is_typed_reaches_the_process_and_an_empty_piece_ends_its_input()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = await ParentAsync(fixture);
        using var response = await fixture.PostAsync("api/v1", Launch(id, "cat"));
        var typed = await TypeAsync(fixture, id, Input("hello "), Input("world"), Input(""));
        typed.ShouldBe(HttpStatusCode.OK);
        (await ReadAllAsync(response)).Output.ShouldBe("hello world");
    }

    [Fact]
    public async Task A_terminal_has_a_size_that_changes_and_echoes_what_is_typed()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = await ParentAsync(fixture);
        var call = Launch(id, "read line; echo got $line; stty size");
        call.LaunchNestedContainerSession.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            TtyInfo = new TTYInfo { WindowSize = new TTYInfo.Types.WindowSize { Rows = 10, Columns = 20 } },
        };
        using var response = await fixture.PostAsync("api/v1", call);
        var resize = new ProcessIO
        {
            Type = ProcessIO.Types.Type.Control,
            Control = new ProcessIO.Types.Control
            {
                Type = ProcessIO.Types.Control.Types.Type.TtyInfo,
                TtyInfo = new TTYInfo { WindowSize = new TTYInfo.Types.WindowSize { Rows = 33, Columns = 77 } },
            },
        };
        await TypeAsync(fixture, id, resize, Input("abc\n"));
        var output = (await ReadAllAsync(response)).Output.ReplaceLineEndings("\n");
        output.ShouldContain("got abc\n");
        output.ShouldContain("33 77\n");
    }

    [Fact]
    public async Task Every_reader_gets_a_heartbeat_each_thirty_seconds_while_nothing_is_said()
    {
        var clock = new HeldTimers(TimeSpan.FromSeconds(30));
        await using var fixture = await AgentFixture.StartAsync(clock: clock);
        var id = await ParentAsync(fixture);
        using var launched = await fixture.PostAsync("api/v1", Launch(id, "cat"), "application/recordio");
        using var attached = await fixture.PostAsync("api/v1", Attach(id), "application/recordio");

        // Both have their headers, and with them their timers.
        clock.Fire();

        foreach (var response in (HttpResponseMessage[])[launched, attached])
        {
            var reader = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));
            var beat = (await reader.ReadMessageAsync(ProcessIO.Parser, json: true, Patience.Token())).ShouldNotBeNull();
            beat.Type.ShouldBe(ProcessIO.Types.Type.Control);
            beat.Control.Type.ShouldBe(ProcessIO.Types.Control.Types.Type.Heartbeat);
            beat.Control.Heartbeat.Interval.Nanoseconds.ShouldBe(30_000_000_000);
        }
    }

    [Fact]
    public async Task A_writer_that_closes_its_half_leaves_the_input_open_for_the_next_and_the_output_running()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = await ParentAsync(fixture);
        using var response = await fixture.PostAsync("api/v1", Launch(id, "cat"));
        var first = LiveInput.Open(fixture, id);
        first.Beat();
        first.Type("one ");
        first.Close();
        (await first.Answer).ShouldBe(HttpStatusCode.OK);
        var reader = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        var heard = "";
        while (heard != "one ")
        {
            // A heartbeat that was typed says nothing.
            heard += TextOf((await reader.ReadMessageAsync(ProcessIO.Parser, json: true, Patience.Token())).ShouldNotBeNull());
        }

        (await TypeAsync(fixture, id, Input("two"), Input(""))).ShouldBe(HttpStatusCode.OK);
        while (await reader.ReadMessageAsync(ProcessIO.Parser, json: true, Patience.Token()) is { } piece)
        {
            heard += TextOf(piece);
        }

        heard.ShouldBe("one two");
    }

    [Fact]
    public async Task Closing_the_connection_ends_the_session()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = await ParentAsync(fixture);
        var response = await fixture.PostAsync("api/v1", Launch(id, "echo up; sleep 1000"));
        var reader = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        (await reader.ReadMessageAsync(ProcessIO.Parser, json: true)).ShouldNotBeNull();
        response.Dispose();
        var wait = await fixture.CallAsync(new Call
        {
            Type = Call.Types.Type.WaitContainer,
            WaitContainer = new Call.Types.WaitContainer { ContainerId = id },
        });
        wait.WaitContainer.HasExitStatus.ShouldBeTrue();
        wait.WaitContainer.ExitStatus.ShouldNotBe(0);
    }

    [Fact]
    public async Task Attaching_fails_as_mesos_says_without_a_container_or_without_a_switchboard()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var id = await ParentAsync(fixture);
        (await fixture.PostAsync("api/v1", Attach(new ContainerID { Value = "nobody" }))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await fixture.PostAsync("api/v1", Attach(id.Parent))).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        (await fixture.PostAsync("api/v1", Launch(new ContainerID { Value = "x" }, "true"))).StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private static Call Attach(ContainerID id) => new()
    {
        Type = Call.Types.Type.AttachContainerOutput,
        AttachContainerOutput = new Call.Types.AttachContainerOutput { ContainerId = id },
    };

    private static Call Launch(ContainerID id, string command) => new()
    {
        Type = Call.Types.Type.LaunchNestedContainerSession,
        LaunchNestedContainerSession = new Call.Types.LaunchNestedContainerSession
        {
            ContainerId = id,
            Command = new CommandInfo { Value = command },
        },
    };

    private static ProcessIO Input(string text) => new()
    {
        Type = ProcessIO.Types.Type.Data,
        Data = new ProcessIO.Types.Data
        {
            Type = ProcessIO.Types.Data.Types.Type.Stdin,
            Data_ = ByteString.CopyFromUtf8(text),
        },
    };

    private static async Task<ContainerID> ParentAsync(AgentFixture fixture)
    {
        var running = await fixture.RunUpAsync(FakeMaster.Task("host", "sleep 1000"));
        return new ContainerID { Value = "session-1", Parent = running.ContainerStatus.ContainerId };
    }

    private static async Task<HttpStatusCode> TypeAsync(AgentFixture fixture, ContainerID id, params ProcessIO[] pieces)
    {
        using var body = new MemoryStream();
        Add(new Call.Types.AttachContainerInput { Type = Call.Types.AttachContainerInput.Types.Type.ContainerId, ContainerId = id });
        foreach (var piece in pieces)
        {
            Add(new Call.Types.AttachContainerInput { Type = Call.Types.AttachContainerInput.Types.Type.ProcessIo, ProcessIo = piece });
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fixture.Agent.Address, "api/v1"))
        {
            Content = new ByteArrayContent(body.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/recordio") } },
        };
        request.Headers.Add("Message-Content-Type", "application/json");
        using var response = await fixture.Http.SendAsync(request);
        return response.StatusCode;

        void Add(Call.Types.AttachContainerInput input) => body.Write(RecordFraming.Frame(MesosJson.Write(
            new Call { Type = Call.Types.Type.AttachContainerInput, AttachContainerInput = input })));
    }

    // A heartbeat, each half minute, has no data.
    private static string TextOf(ProcessIO piece) => piece.Data?.Data_.ToStringUtf8() ?? "";

    private static async Task<(string Output, string Error)> ReadAllAsync(HttpResponseMessage response)
    {
        var (output, error) = (new StringBuilder(), new StringBuilder());
        var reader = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync()));
        while (await reader.ReadMessageAsync(ProcessIO.Parser, json: true, Patience.Token()) is { } io)
        {
            if (io.Data is { } data)
            {
                (data.Type == ProcessIO.Types.Data.Types.Type.Stdout ? output : error).Append(data.Data_.ToStringUtf8());
            }
        }

        return (output.ToString(), error.ToString());
    }
}
