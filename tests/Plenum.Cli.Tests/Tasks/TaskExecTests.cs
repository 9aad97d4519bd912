using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Plenum.Cli.Terminal;
using Plenum.Cli.Tests.Harness;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Cli.Tests.Tasks;

public sealed class TaskExecTests : CliTest
{
    private readonly ConcurrentQueue<ProcessIO> _input = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _resized = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Call? _launch;
    private Call? _attach;
    private Response.Types.WaitContainer _exit = new() { ExitStatus = 0 };

    [Fact]
    public async Task Output_and_errors_come_out_apart_and_the_exit_code_is_the_commands()
    {
        _exit = new() { ExitStatus = 3 << 8 };
        Given(
            Output(ProcessIO.Types.Data.Types.Type.Stdout, "out "),
            Output(ProcessIO.Types.Data.Types.Type.Stderr, "err"),
            new ProcessIO { Type = ProcessIO.Types.Type.Control, Control = new() { Type = ProcessIO.Types.Control.Types.Type.Heartbeat } },
            Output(ProcessIO.Types.Data.Types.Type.Stdout, "more"));
        _ended.SetResult();

        (await Cluster.RunAsync("task", "exec", "web", "ls", "-l", "/tmp")).ShouldBe(new CliRun(3, "out more", "err"));

        var launch = _launch!.LaunchNestedContainerSession;
        launch.Command.Shell.ShouldBeFalse();
        launch.Command.Value.ShouldBe("ls");
        launch.Command.Arguments.ShouldBe(["ls", "-l", "/tmp"]);
        launch.Container.ShouldBeNull();
        launch.ContainerId.Parent.Value.ShouldBe("c1");
        launch.ContainerId.Parent.Parent.Value.ShouldBe("root");
        Guid.TryParse(launch.ContainerId.Value, out _).ShouldBeTrue();
        _attach.ShouldBeNull();
    }

    [Fact]
    public async Task A_killed_command_answers_as_shells_count_signals()
    {
        _exit = new() { ExitStatus = 9 };
        Given();
        _ended.SetResult();
        (await Cluster.RunAsync("task", "exec", "web", "--", "sleep", "9")).ExitCode.ShouldBe(137);
        _launch!.LaunchNestedContainerSession.Command.Arguments.ShouldBe(["sleep", "9"]);
    }

    [Fact]
    public async Task A_command_that_did_not_run_gives_the_nodes_reason()
    {
        _exit = new() { Message = "no such file: nonsense" };
        Given();
        _ended.SetResult();
        (await Cluster.RunAsync("task", "exec", "web", "nonsense")).ShouldBe(
            new CliRun(ExitCodes.Refused, "", "plenum: the command did not run: no such file: nonsense\n"));
    }

    [Fact]
    public async Task Standard_input_reaches_the_command_and_its_end_does_too()
    {
        Cluster.Input = new MemoryStream("typed"u8.ToArray());
        Given();

        (await Cluster.RunAsync("task", "exec", "-i", "web", "cat")).ExitCode.ShouldBe(0);

        _attach!.AttachContainerInput.ContainerId.ShouldBe(_launch!.LaunchNestedContainerSession.ContainerId);
        string.Concat(_input.Select(io => io.Data.Data_.ToStringUtf8())).ShouldBe("typed");
        _input.Last().Data.Data_.Length.ShouldBe(0);
        Cluster.Terminal.WasRaw.ShouldBeFalse();
    }

    [Fact]
    public async Task A_terminal_is_raw_while_the_command_runs_and_hands_on_its_size_and_changes_of_it()
    {
        var keys = new Pipe();
        Cluster.Input = keys.Reader.AsStream();
        Cluster.Terminal.IsTerminal = true;
        Given();
        _onInput = io =>
        {
            if (io.Control?.TtyInfo is not null)
            {
                _resized.SetResult();
            }
            else if (io.Data?.Data_.ToStringUtf8() == "\u0003")
            {
                Cluster.Terminal.IsRaw.ShouldBeTrue();
                Cluster.Terminal.Resize(new TerminalSize(132, 50));
            }
        };

        var running = Cluster.RunAsync("task", "exec", "-it", "web");
        await keys.Writer.WriteAsync("\u0003"u8.ToArray());
        await _resized.Task;
        await keys.Writer.CompleteAsync();
        (await running).ExitCode.ShouldBe(0);

        var launched = _launch!.LaunchNestedContainerSession;
        launched.Command.Arguments.ShouldBe(["sh"]);
        launched.Container.TtyInfo.WindowSize.ShouldBe(new TTYInfo.Types.WindowSize { Rows = 24, Columns = 80 });
        _input.Single(io => io.Control is not null).Control.TtyInfo.WindowSize
            .ShouldBe(new TTYInfo.Types.WindowSize { Rows = 50, Columns = 132 });

        // With a terminal the end of input is the key for it.
        _input.Last().Data.Data_.ToByteArray().ShouldBe([4]);
        Cluster.Terminal.IsRaw.ShouldBeFalse();
    }

    // The program itself below script(1), which gives it a terminal. Were that not raw, Ctrl-C would
    // end the program instead of reaching the command, and Enter would arrive as a line feed.
    [Fact]
    public async Task A_real_terminal_hands_every_key_through_and_is_afterwards_as_it_was()
    {
        Given(Output(ProcessIO.Types.Data.Types.Type.Stdout, "prompt"));
        var program = Path.Combine(AppContext.BaseDirectory, "plenum");
        using var script = new Process
        {
            StartInfo = new ProcessStartInfo("script")
            {
                ArgumentList =
                {
                    "-qec",
                    $"stty cols 132 rows 50; stty -g; {program} task exec -it --master-url http://127.0.0.1:{Cluster.Port}/mesos web; echo; stty -g",
                    "/dev/null",
                },
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            },
        };
        script.Start();
        var output = new StringBuilder();
        var buffer = new char[1024];
        while (!output.ToString().Contains("prompt", StringComparison.Ordinal))
        {
            var count = await script.StandardOutput.ReadAsync(buffer);
            count.ShouldBeGreaterThan(0, output.ToString());
            output.Append(buffer, 0, count);
        }

        // The launch has announced a terminal; keys count once the input is attached and raw.
        await _attached.Task;
        await script.StandardInput.WriteAsync("\u0003\r\u001b[A\u0004");
        await script.StandardInput.FlushAsync();
        output.Append(await script.StandardOutput.ReadToEndAsync());
        await script.WaitForExitAsync();

        _launch!.LaunchNestedContainerSession.Container.TtyInfo.WindowSize
            .ShouldBe(new TTYInfo.Types.WindowSize { Rows = 50, Columns = 132 });
        string.Concat(_input.Where(io => io.Data is not null).Select(io => io.Data.Data_.ToStringUtf8())).ShouldBe("\u0003\r\u001b[A\u0004");
        var settings = output.ToString().Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Where(line => line.Count(character => character == ':') > 20)
            .ToList();
        settings.Count.ShouldBe(2, output.ToString());
        settings[1].ShouldBe(settings[0]);
        output.ToString().Contains('\u001b').ShouldBeFalse("nothing but the command may speak to the terminal");
    }

    [Fact]
    public async Task A_node_that_refuses_the_session_is_quoted()
    {
        Given();
        Cluster.Refuse("POST", "/api/v1", 400, "Container has no parent");
        (await Cluster.RunAsync("task", "exec", "web")).ShouldBe(
            new CliRun(ExitCodes.Refused, "", "plenum: Container has no parent\n"));
    }

    [Fact]
    public async Task A_node_that_vanishes_during_the_session_ends_the_command()
    {
        Given();
        var calls = 0;
        Cluster.On("POST", "/api/v1", async context =>
        {
            // The session starts; then both its stream and the wait for its end break.
            if (Interlocked.Increment(ref calls) == 1)
            {
                await context.Response.Body.FlushAsync();
                await _ended.Task;
            }
            else
            {
                _ended.SetResult();
            }
            context.Abort();
        });

        var run = await Cluster.RunAsync("task", "exec", "web");

        run.ExitCode.ShouldBe(ExitCodes.Unreachable);
        run.Error.ShouldStartWith("plenum: the connection to the node broke:");
    }

    [Fact]
    public async Task An_interrupt_closes_the_session_which_ends_the_command_on_the_node()
    {
        Given();
        using var interrupt = new CancellationTokenSource();
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        Cluster.On("POST", "/api/v1", async context =>
        {
            if (Interlocked.Increment(ref calls) == 1)
            {
                context.RequestAborted.Register(closed.SetResult);
                await context.Response.Body.FlushAsync();
            }
            else
            {
                await interrupt.CancelAsync();
            }
            await closed.Task;
        });

        var run = await Cluster.RunAsync(interrupt.Token, "task", "exec", "web", "sleep", "100");

        run.ShouldBe(new CliRun(ExitCodes.Interrupted, "", "plenum: interrupted\n"));
        await closed.Task;
    }

    [Fact]
    public async Task An_answer_that_is_no_agents_is_told()
    {
        Given();
        Cluster.On("POST", "/api/v1", context => context.Response.WriteAsync("<html>"));
        var run = await Cluster.RunAsync("task", "exec", "web");
        run.ExitCode.ShouldNotBe(0);
        run.Error.ShouldStartWith("plenum: ");
    }

    [Fact]
    public async Task Only_a_running_task_can_be_entered()
    {
        Given();
        var run = await Cluster.RunAsync("task", "exec", "old");
        run.ExitCode.ShouldBe(ExitCodes.NotFound);
        run.Error.ShouldStartWith("plenum: no task 'old' is running\n");
    }

    private Action<ProcessIO> _onInput = _ => { };

    private static ProcessIO Output(ProcessIO.Types.Data.Types.Type type, string text) => new()
    {
        Type = ProcessIO.Types.Type.Data,
        Data = new() { Type = type, Data_ = ByteString.CopyFromUtf8(text) },
    };

    private void Given(params ProcessIO[] output)
    {
        Cluster.Answer("GET", "/mesos/state", $$$$"""
            {"slaves":[{"id":"S1","hostname":"h1","pid":"slave(1)@127.0.0.1:{{{{Cluster.Port}}}}"}],
             "frameworks":[{"id":"F","name":"marathon","tasks":[
                {"id":"web.1","name":"web","state":"TASK_RUNNING","slave_id":"S1","statuses":[
                  {"timestamp":2.0,"container_status":{"container_id":{"value":"c1","parent":{"value":"root"} } } },
                  {"timestamp":3.0},
                  {"timestamp":1.0,"container_status":{"container_id":{"value":"c0"} } } ] },
                {"id":"old.1","name":"old","state":"TASK_KILLING","slave_id":"S1"}]}]}
            """);
        Cluster.On("POST", "/api/v1", context => context.Request.ContentType == "application/recordio"
            ? TakeInputAsync(context)
            : CallAsync(context, output));
    }

    private async Task CallAsync(HttpContext context, ProcessIO[] output)
    {
        context.Request.ContentType.ShouldBe("application/x-protobuf");
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = Call.Parser.ParseFrom(body.ToArray());
        if (call.Type is Call.Types.Type.WaitContainer)
        {
            call.WaitContainer.ContainerId.ShouldBe(_launch!.LaunchNestedContainerSession.ContainerId);
            await _ended.Task.WaitAsync(context.RequestAborted);
            context.Response.ContentType = "application/x-protobuf";
            await context.Response.Body.WriteAsync(new Response { Type = Response.Types.Type.WaitContainer, WaitContainer = _exit }.ToByteArray());
            return;
        }
        _launch = call;
        call.Type.ShouldBe(Call.Types.Type.LaunchNestedContainerSession);
        context.Request.Headers.Accept.ToString().ShouldBe("application/recordio");
        context.Request.Headers["Message-Accept"].ToString().ShouldBe("application/x-protobuf");
        await context.Response.Body.FlushAsync();
        var writer = new RecordWriter(context.Response.BodyWriter);
        foreach (var io in output)
        {
            await writer.WriteAsync(io);
        }
        await _ended.Task.WaitAsync(context.RequestAborted);
    }

    // The command of these tests ends with its input.
    private async Task TakeInputAsync(HttpContext context)
    {
        context.Request.Headers["Message-Content-Type"].ToString().ShouldBe("application/x-protobuf");
        var reader = new RecordReader(context.Request.BodyReader);
        _attach = await reader.ReadMessageAsync(Call.Parser);
        _attached.SetResult();
        while (await reader.ReadMessageAsync(Call.Parser) is { } record)
        {
            var io = record.AttachContainerInput.ProcessIo;
            _input.Enqueue(io);
            _onInput(io);
            if (io.Data is { Data_.Length: 0 } || io.Data?.Data_.ToByteArray() is [.., 4])
            {
                break;
            }
        }
        _ended.SetResult();
    }
}
