using System.Net;
using System.Text.Json;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

public sealed class FilesTests
{
    [Fact]
    public async Task Sandboxes_are_browsed_and_read_by_the_paths_that_viewers_know()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await fixture.RunUpAsync(FakeMaster.Task("t", "printf 0123456789 > data; sleep 1000"));
        await WrittenAsync(fixture, "t", "data");
        const string Latest = "/frameworks/fw/executors/t/runs/latest";
        using var state = JsonDocument.Parse(await fixture.GetAsync("slave(1)/state.json"));
        var directory = state.RootElement.GetProperty("frameworks")[0].GetProperty("executors")[0].GetProperty("directory").GetString()!;
        foreach (var path in (string[])[Latest, directory])
        {
            using var listing = JsonDocument.Parse(await fixture.GetAsync($"files/browse?path={path}"));
            var data = listing.RootElement.EnumerateArray().Single(entry => entry.GetProperty("path").GetString() == $"{path}/data");
            data.GetProperty("size").GetInt64().ShouldBe(10);
            data.GetProperty("mode").GetString()!.ShouldStartWith("-rw");
            data.GetProperty("nlink").GetInt32().ShouldBe(1);
        }

        (await fixture.GetAsync($"files/read?path={Latest}/data&offset=3&length=4")).ShouldBe("""{"offset":3,"data":"3456"}""");
        (await fixture.GetAsync($"files/read?path={Latest}/data&offset=-1")).ShouldBe("""{"offset":10,"data":""}""");
        (await fixture.GetAsync($"slave%281%29/files/read.json?path={Latest}/data&offset=99")).ShouldBe("""{"offset":10,"data":""}""");
        (await fixture.GetAsync($"files/download?path={Latest}/data")).ShouldBe("0123456789");
        var read = await fixture.CallAsync(new Call
        {
            Type = Call.Types.Type.ReadFile,
            ReadFile = new Call.Types.ReadFile { Path = $"{Latest}/data", Offset = 8 },
        });
        read.ReadFile.Size.ShouldBe(10UL);
        read.ReadFile.Data.ToStringUtf8().ShouldBe("89");
    }

    [Fact]
    public async Task Nothing_outside_a_sandbox_can_be_reached_by_dots_links_or_absolute_paths()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await fixture.RunUpAsync(FakeMaster.Task(
            "t",
            "ln -s /etc/passwd absolute; ln -s ../../../../../../../../../etc up; ln -s loop loop; mkdir d; echo in > d/file; ln -s d/file inside; touch done; sleep 1000"));
        await WrittenAsync(fixture, "t", "done");
        const string Latest = "/frameworks/fw/executors/t/runs/latest";
        (await fixture.GetAsync($"files/read?path={Latest}/inside&offset=0")).ShouldContain("in");
        (await fixture.GetAsync($"files/read?path={Latest}/d/../d/file&offset=0")).ShouldContain("in");
        string[] attempts =
        [
            "/etc/passwd",
            $"{Latest}/absolute",
            $"{Latest}/up/passwd",
            $"{Latest}/loop",
            $"{Latest}/../../../../../../../meta/records/agent.rec",
            $"{Latest}/d/../../latest/../../../../../../meta/lock",
            "/frameworks/../../meta/records/agent.rec",
            "/frameworks/fw/executors/t/runs/..",
            "/frameworks/fw/executors/t/runs",
            $"{fixture.Work}/meta/records/agent.rec",
            $"{fixture.Work}/slaves/../meta/records/agent.rec",
            $"{Latest}/%2e%2e/%2e%2e/%2e%2e",
        ];
        foreach (var attempt in attempts)
        {
            foreach (var route in (string[])["browse", "read", "download"])
            {
                using var response = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, $"files/{route}?path={attempt}&offset=0"));
                response.StatusCode.ShouldBe(HttpStatusCode.NotFound, $"{route} {attempt}");
            }
        }
    }

    [Fact]
    public async Task A_named_pipe_is_listed_but_no_file_that_could_be_read()
    {
        await using var fixture = await AgentFixture.StartAsync();
        await fixture.RunUpAsync(FakeMaster.Task("t", "mkfifo pipe; touch done; sleep 1000"));
        await WrittenAsync(fixture, "t", "done");
        const string Pipe = "/frameworks/fw/executors/t/runs/latest/pipe";
        using var listing = JsonDocument.Parse(await fixture.GetAsync($"files/browse?path={Pipe}"));
        listing.RootElement[0].GetProperty("mode").GetString()!.ShouldStartWith("p");
        foreach (var route in (string[])["read", "download"])
        {
            using var response = await fixture.Http.GetAsync(new Uri(fixture.Agent.Address, $"files/{route}?path={Pipe}&offset=0"));
            response.StatusCode.ShouldBe(HttpStatusCode.NotFound, route);
        }

        using var call = await fixture.PostAsync("api/v1", new Call
        {
            Type = Call.Types.Type.ReadFile, ReadFile = new Call.Types.ReadFile { Path = Pipe, Offset = 0 },
        });
        call.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_name_with_a_zero_byte_is_the_name_of_nothing()
    {
        await using var fixture = await AgentFixture.StartAsync();
        var sandbox = fixture.SandboxOf(await fixture.RunUpAsync(FakeMaster.Task("t", "touch done; sleep 1000")));
        await WrittenAsync(fixture, "t", "done");
        const string Runs = "/frameworks/fw/executors/t/runs";
        string[] paths =
        [
            "\0", $"{Runs}/latest\0", $"{Runs}/latest\0x", $"{Runs}/latest/done\0", $"{Runs}/latest/done\0x", $"{Runs}/latest/\0", $"{sandbox}\0x",
            $"{sandbox}/done\0", "/frameworks/fw\0/executors/t/runs/latest",
        ];
        foreach (var path in paths)
        {
            var what = path.Replace('\0', '0');
            using var listed = await fixture.PostAsync("api/v1", new Call
            {
                Type = Call.Types.Type.ListFiles, ListFiles = new Call.Types.ListFiles { Path = path },
            });
            listed.StatusCode.ShouldBe(HttpStatusCode.NotFound, $"list {what}");
            using var read = await fixture.PostAsync("api/v1", new Call
            {
                Type = Call.Types.Type.ReadFile, ReadFile = new Call.Types.ReadFile { Path = path, Offset = 0 },
            });
            read.StatusCode.ShouldBe(HttpStatusCode.NotFound, $"read {what}");
        }
    }

    /// <summary>The task has written its file: its sandbox says so.</summary>
    private static async Task WrittenAsync(AgentFixture fixture, string task, string name)
    {
        var sandbox = Path.Combine(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors", task, "runs");
        sandbox = Path.Combine(sandbox, new DirectoryInfo(Path.Combine(sandbox, "latest")).LinkTarget!);
        using var watcher = new FileSystemWatcher(sandbox) { EnableRaisingEvents = true };
        var written = new TaskCompletionSource();
        watcher.Changed += (_, change) => Look(change.Name);
        watcher.Created += (_, change) => Look(change.Name);
        Look(name);
        await written.Task.WaitAsync(Patience.Limit);

        void Look(string? changed)
        {
            if (changed == name && File.Exists(Path.Combine(sandbox, name)) && (name == "done" || new FileInfo(Path.Combine(sandbox, name)).Length == 10))
            {
                written.TrySetResult();
            }
        }
    }
}
