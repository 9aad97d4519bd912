using System.IO.Pipelines;
using System.Net;
using System.Text;
using Plenum.Agent.Tests.Containers;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>A task's own terminal, typed into and read from through the agent's API.</summary>
public sealed class TaskTerminalTests
{
    [RootFact]
    public async Task A_task_with_a_terminal_is_typed_into_resized_and_read_by_several_at_once()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var id = await RunAsync(fixture, "stty size; test -t 0 && echo $TERM; read line; echo got $line; read line; stty size; read line || echo over");
        using var one = await AttachAsync(fixture, id);
        using var two = await AttachAsync(fixture, id);
        var stdout = Path.Join(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/shell/runs", id.Value, "stdout");
        // The terminal shows what is typed at once, also before a task that has not come to its first line.
        await LineIn.FileAsync(stdout, "xterm");
        var input = LiveInput.Open(fixture, id);
        input.Beat();
        input.Type("abc\n");
        (await ReadUntilAsync(one, "got abc")).ShouldNotContain("over");
        input.Resize(44, 99);
        input.Type("\n");
        await ReadUntilAsync(one, "44 99");
        // An empty piece ends the input; the terminal itself stays.
        input.Type("");
        await ReadUntilAsync(one, "over");
        input.Close();
        (await input.Answer).ShouldBe(HttpStatusCode.OK);
        (await ReadUntilAsync(two, "over")).ShouldContain("got abc");
        await fixture.Master.UpdateAsync("shell", TaskState.TaskFinished);
        // All of it is in the log as well, what came before anybody attached included.
        var log = (await File.ReadAllTextAsync(stdout)).ReplaceLineEndings("\n");
        log.ShouldStartWith("12 34\nxterm\n");
        log.ShouldContain("got abc\n");
        log.ShouldEndWith("over\n");
    }

    [RootFact]
    public async Task A_second_writer_is_refused_until_the_first_has_gone()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var id = await RunAsync(fixture, "while read line; do echo got $line; done");
        using var output = await AttachAsync(fixture, id);
        var first = LiveInput.Open(fixture, id);
        first.Type("one\n");
        await ReadUntilAsync(output, "got one");
        var second = LiveInput.Open(fixture, id);
        second.Close();
        (await second.Answer).ShouldBe(HttpStatusCode.Conflict);
        first.Close();
        (await first.Answer).ShouldBe(HttpStatusCode.OK);
        // A client that leaves does not end the input of the task.
        var third = LiveInput.Open(fixture, id);
        third.Type("three\n");
        await ReadUntilAsync(output, "got three");
        third.Close();
        (await third.Answer).ShouldBe(HttpStatusCode.OK);
    }

    [RootFact]
    public async Task A_terminal_outlives_the_agent_and_nothing_that_was_printed_meanwhile_is_lost_or_twice()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        var id = await RunAsync(fixture, "echo first; until [ -e go ]; do sleep 0.02; done; echo meanwhile; touch done; read line; echo got $line");
        var sandbox = Path.Join(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/shell/runs", id.Value);
        await LineIn.FileAsync(Path.Join(sandbox, "stdout"), "first");
        await fixture.Agent.DisposeAsync();
        await File.WriteAllTextAsync(Path.Join(sandbox, "go"), "");
        await LineIn.FileAsync(Path.Join(sandbox, "done"), "");
        await fixture.StartAgentAsync();

        using var output = await AttachAsync(fixture, id);
        var input = LiveInput.Open(fixture, id);
        input.Type("later\n");
        await ReadUntilAsync(output, "got later");
        input.Close();
        await fixture.Master.UpdateAsync("shell", TaskState.TaskFinished);
        (await File.ReadAllTextAsync(Path.Join(sandbox, "stdout"))).ReplaceLineEndings("\n")
            .ShouldBe("first\nmeanwhile\nlater\ngot later\n");
    }

    [RootFact]
    public async Task Much_output_arrives_whole_in_the_log()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync();
        // Each line has some 45 bytes more in conmon's file: that one is begun anew, and the sandbox's is not cut yet.
        var id = await RunAsync(fixture, "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); echo $i; done; printf end");
        var sandbox = Path.Join(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/shell/runs", id.Value);
        await fixture.Master.UpdateAsync("shell", TaskState.TaskFinished);
        var lines = (await File.ReadAllTextAsync(Path.Join(sandbox, "stdout"))).Split("\r\n");
        lines[^1].ShouldBe("end");
        var numbers = lines.SkipLast(1).Select(static line => int.Parse(line, System.Globalization.CultureInfo.InvariantCulture));
        numbers.SequenceEqual(Enumerable.Range(1, 200_000)).ShouldBeTrue("a line is missing or twice");
    }

    private static async Task<ContainerID> RunAsync(AgentFixture fixture, string command)
    {
        fixture.Master.Run(FakeMaster.Task("shell", command, static task => task.Container = new ContainerInfo
        {
            Type = ContainerInfo.Types.Type.Mesos,
            TtyInfo = new TTYInfo { WindowSize = new TTYInfo.Types.WindowSize { Rows = 12, Columns = 34 } },
        }));
        return (await fixture.Master.UpdateAsync("shell", TaskState.TaskRunning)).ContainerStatus.ContainerId;
    }

    private static async Task<HttpResponseMessage> AttachAsync(AgentFixture fixture, ContainerID id)
    {
        var response = await fixture.PostAsync("api/v1", new Call
        {
            Type = Call.Types.Type.AttachContainerOutput,
            AttachContainerOutput = new Call.Types.AttachContainerOutput { ContainerId = id },
        });
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return response;
    }

    private static async Task<string> ReadUntilAsync(HttpResponseMessage response, string text)
    {
        var seen = new StringBuilder();
        var reader = new RecordReader(PipeReader.Create(await response.Content.ReadAsStreamAsync(), new StreamPipeReaderOptions(leaveOpen: true)));
        while (!seen.ToString().Contains(text, StringComparison.Ordinal))
        {
            var io = await reader.ReadMessageAsync(ProcessIO.Parser, json: true, Patience.Token());
            io.ShouldNotBeNull($"the output ended with: {seen}");
            seen.Append(io.Data?.Data_.ToStringUtf8());
        }

        return seen.ToString();
    }
}
