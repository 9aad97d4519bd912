using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Plenum.Cli.Tests.Harness;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Cli.Tests.Tasks;

public sealed class TaskTests : CliTest
{
    [Fact]
    public async Task Tasks_are_a_table_of_what_has_not_ended()
    {
        GivenTasks();
        (await Cluster.RunAsync("task", "list")).ShouldBe(new CliRun(0, """
            ID      STATE          HEALTH    HOST   FRAMEWORK   SINCE
            p.1.c   TASK_RUNNING   -         h1     marathon    -
            web.1   TASK_RUNNING   healthy   h1     marathon    1m
            web.2   TASK_STAGING   -         S9     marathon    -

            """, ""));
    }

    [Fact]
    public async Task Ended_tasks_come_on_request_and_a_filter_narrows()
    {
        GivenTasks();
        var run = await Cluster.RunAsync("task", "list", "--all", "--json", "WEB");
        using var json = JsonDocument.Parse(run.Output);
        json.RootElement.EnumerateArray().Select(task => task.GetProperty("id").GetString()).ShouldBe(["web.0", "web.1", "web.2"]);
    }

    [Fact]
    public async Task Ended_tasks_are_told_with_the_reason_on_one_line()
    {
        GivenTasks();
        Cluster.Answer("POST", "/mesos/api/v1", """
            {"type":"GET_TASKS","get_tasks":{
              "tasks":[{"task_id":{"value":"web.1"},"framework_id":{"value":"F"},"statuses":[{"state":"TASK_RUNNING","timestamp":2}]}],
              "completed_tasks":[
                {"task_id":{"value":"web.0"},"framework_id":{"value":"OTHER"},"statuses":[{"message":"of another framework","timestamp":3}]},
                {"task_id":{"value":"web.0"},"framework_id":{"value":"F"},"statuses":[
                  {"state":"TASK_FAILED","timestamp":2,"message":"the image\ncannot be pulled"},{"state":"TASK_STARTING","timestamp":1,"message":"early"}]}]}}
            """);

        (await Cluster.RunAsync("task", "list", "--all", "web")).ShouldBe(new CliRun(0, """
            ID      STATE          HEALTH    HOST   FRAMEWORK   SINCE   MESSAGE
            web.0   TASK_FAILED    -         h1     marathon    -       the image cannot be pulled
            web.1   TASK_RUNNING   healthy   h1     marathon    1m      -
            web.2   TASK_STAGING   -         S9     marathon    -       -

            """, ""));
        Cluster.Changes.ShouldBe(["POST /mesos/api/v1 {\"type\":\"GET_TASKS\"}"]);
    }

    [Fact]
    public async Task The_last_lines_of_standard_output_are_shown_with_or_without_an_end_to_the_last()
    {
        GivenTasks();
        GivenFile("/sandbox/web.1/stdout", "one\ntwo\nthree\n");
        (await Cluster.RunAsync("task", "log", "web.1", "-n", "2")).ShouldBe(new CliRun(0, "two\nthree\n", ""));
        (await Cluster.RunAsync("task", "log", "web.1", "--lines", "0")).Output.ShouldBeEmpty();
        (await Cluster.RunAsync("task", "log", "web.1")).Output.ShouldBe("one\ntwo\nthree\n");
        (await Cluster.RunAsync("task", "log", "web.1", "-n", "3")).Output.ShouldBe("one\ntwo\nthree\n");
        GivenFile("/sandbox/web.1/stdout", "one\ntwo\n\nno end");
        (await Cluster.RunAsync("task", "log", "web.1", "-n", "2")).Output.ShouldBe("\nno end");
    }

    [Fact]
    public async Task A_log_of_many_blocks_is_read_from_its_end_only_as_far_as_needed()
    {
        GivenTasks();
        var lines = Enumerable.Range(0, 50_000).Select(number => $"line {number:d6} ü\n").ToList();
        GivenFile("/sandbox/web.1/stderr", string.Concat(lines));

        var run = await Cluster.RunAsync("task", "log", "--stderr", "web.1", "-n", "9000");

        run.Output.ShouldBe(string.Concat(lines[^9000..]));
        Cluster.Requests.Count(request => request.StartsWith("POST /api/v1", StringComparison.Ordinal)).ShouldBeLessThan(6);
    }

    [Fact]
    public async Task Following_shows_what_is_added_and_survives_a_rotation()
    {
        GivenTasks();
        using var interrupt = new CancellationTokenSource();
        var asked = 0;
        GivenFile("/sandbox/web.1/stdout", () => ++asked switch
        {
            <= 3 => "a\nb\n",
            4 or 5 => "a\nb\nc\n",
            <= 8 => "d\n",
            _ => Stop(),
        });

        var run = await Cluster.RunAsync(interrupt.Token, "task", "log", "-f", "-n", "1", "web.1");

        run.Output.ShouldBe("b\nc\nd\n");
        run.ExitCode.ShouldBe(ExitCodes.Interrupted);

        string Stop()
        {
            interrupt.Cancel();
            return "d\n";
        }
    }

    [Fact]
    public async Task A_task_of_a_pod_has_its_sandbox_below_that_of_its_executor()
    {
        GivenTasks();
        GivenFile("/sandbox/pod/tasks/p.1.c/stdout", "pod\n");
        (await Cluster.RunAsync("task", "log", "p.1.c")).Output.ShouldBe("pod\n");
    }

    [Fact]
    public async Task An_ended_task_is_found_when_no_running_one_fits()
    {
        GivenTasks();
        GivenFile("/sandbox/web.0/stdout", "old\n");
        (await Cluster.RunAsync("task", "log", "web.0")).Output.ShouldBe("old\n");
    }

    [Fact]
    public async Task A_word_that_fits_several_tasks_lists_them()
    {
        GivenTasks();
        (await Cluster.RunAsync("task", "log", "/web")).ShouldBe(new CliRun(ExitCodes.Usage, "", """
            plenum: '/web' fits 2 tasks:
              web.1  on h1
              web.2  on S9
            plenum: give more of the id

            """));
    }

    [Fact]
    public async Task A_word_that_fits_no_task_says_where_to_look()
    {
        GivenTasks();
        (await Cluster.RunAsync("task", "ls", "nobody")).ShouldBe(new CliRun(ExitCodes.NotFound, "", """
            plenum: there is no task 'nobody'
            plenum: ./plenum task list --all shows what there is

            """));
    }

    [Fact]
    public async Task A_task_whose_node_has_left_has_no_files_to_show()
    {
        GivenTasks();
        var run = await Cluster.RunAsync("task", "ls", "web.2");
        run.ExitCode.ShouldBe(ExitCodes.Unreachable);
        run.Error.ShouldStartWith("plenum: the node of web.2 has left the cluster\n");
    }

    [Fact]
    public async Task Files_are_names_or_a_table_with_their_size()
    {
        GivenTasks();
        Cluster.Answer("GET", "/files/browse?path=%2Fsandbox%2Fweb.1%2Fdata", """
            [{"path":"/sandbox/web.1/data/log","mode":"-rw-r--r--","nlink":1,"uid":"root","gid":"root","size":12,"mtime":1772366340},
             {"path":"/sandbox/web.1/data/sub","mode":"drwxr-xr-x","nlink":2,"uid":"root","gid":"root","size":4096,"mtime":1772366340}]
            """);
        (await Cluster.RunAsync("task", "ls", "web.1", "data/")).Output.ShouldBe("log\nsub/\n");
        (await Cluster.RunAsync("task", "ls", "-l", "web.1", "data")).Output.ShouldBe("""
            MODE         LINKS   OWNER   GROUP   SIZE   CHANGED   NAME
            -rw-r--r--   1       root    root    12     1m ago    log
            drwxr-xr-x   2       root    root    4096   1m ago    sub/

            """);
    }

    private void GivenTasks()
    {
        Cluster.Answer("GET", "/mesos/state", $$$"""
            {"slaves":[{"id":"S1","hostname":"h1","pid":"slave(1)@127.0.0.1:{{{Cluster.Port}}}"}],
             "frameworks":[{"id":"F","name":"marathon",
               "tasks":[
                 {"id":"web.1","name":"web","state":"TASK_RUNNING","slave_id":"S1","framework_id":"F","executor_id":"",
                  "statuses":[{"state":"TASK_STAGING","timestamp":1772366300.0},{"state":"TASK_RUNNING","timestamp":1772366335.5,"healthy":true}]},
                 {"id":"p.1.c","name":"c","state":"TASK_RUNNING","slave_id":"S1","framework_id":"F","executor_id":"p.1"}],
               "unreachable_tasks":[{"id":"web.2","name":"web","state":"TASK_STAGING","slave_id":"S9"}],
               "completed_tasks":[{"id":"web.0","name":"web","state":"TASK_FAILED","slave_id":"S1"}]}]}
            """);
        Cluster.Answer("GET", "/state", """
            {"frameworks":[
              {"id":"OTHER","executors":[{"id":"web.1","directory":"/sandbox/wrong"}]},
              {"id":"F",
               "executors":[
                 {"id":"web.1","type":"CUSTOM","directory":"/sandbox/web.1","tasks":[{"id":"web.1"}]},
                 {"id":"p.1","type":"DEFAULT","directory":"/sandbox/pod","tasks":[{"id":"p.1.a"},{"id":"p.1.c"}]}],
               "completed_executors":[{"id":"web.0","directory":"/sandbox/web.0","completed_tasks":[{"id":"web.0"}]}]}]}
            """);
    }

    private void GivenFile(string path, string text) => GivenFile(path, () => text);

    // Plays READ_FILE as Mesos does: at most 64 KiB, nothing beyond the end.
    private void GivenFile(string path, Func<string> text) => Cluster.On("POST", "/api/v1", async context =>
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = Call.Parser.ParseFrom(body.ToArray());
        call.Type.ShouldBe(Call.Types.Type.ReadFile);
        call.ReadFile.Path.ShouldBe(path);
        call.ReadFile.Length.ShouldBeLessThanOrEqualTo(64UL * 1024);
        var bytes = Encoding.UTF8.GetBytes(text());
        var offset = (int)Math.Min(call.ReadFile.Offset, (ulong)bytes.Length);
        var length = (int)Math.Min(call.ReadFile.Length, (ulong)(bytes.Length - offset));
        await context.Response.Body.WriteAsync(new Response
        {
            Type = Response.Types.Type.ReadFile,
            ReadFile = new() { Size = (ulong)bytes.Length, Data = ByteString.CopyFrom(bytes, offset, length) },
        }.ToByteArray());
    });
}
