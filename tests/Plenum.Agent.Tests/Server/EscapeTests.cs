using System.Net;
using System.Net.Sockets;
using System.Text;
using Plenum.Agent.Native;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>Every way out of a sandbox that a task can prepare, tried at every door that shows files.</summary>
public sealed class EscapeTests
{
    private const string Sandbox = "/frameworks/fw/executors/t/runs/latest";

    /// <summary>In the content, the name and nowhere else: whoever shows a byte or a name of what is outside shows it.</summary>
    private const string Canary = "canary-of-the-machine";

    [Fact]
    public async Task No_door_shows_a_byte_a_name_or_a_size_of_what_is_outside()
    {
        await using var world = await World.StartAsync();
        world.Link("absolute", world.Outside);
        world.Link("absolute-file", world.Secret);
        world.Link("relative", Path.GetRelativePath(world.Directory, world.Outside));
        world.Link("relative-file", Path.GetRelativePath(world.Directory, world.Secret));
        world.Link("chain-1", "chain-2");
        world.Link("chain-2", "chain-3");
        world.Link("chain-3", world.Outside);
        world.Link("loop-1", "loop-2");
        world.Link("loop-2", "loop-1");
        world.Link("process", "/proc/self/root");
        world.Link("working", "/proc/self/cwd");
        world.Link("descriptors", "/proc/self/fd");
        world.Link("above", "..");
        world.Link("high-above", "../../../../../../../../../../../..");
        Directory.CreateDirectory(Path.Join(world.Directory, "dir"));
        world.Link("dir/up", $"../../../../../../../../../../../../../..{world.Outside}");
        string[] paths =
        [
            $"{Sandbox}/absolute", $"{Sandbox}/absolute-file", $"{Sandbox}/relative", $"{Sandbox}/relative-file", $"{Sandbox}/chain-1",
            $"{Sandbox}/loop-1", $"{Sandbox}/process", $"{Sandbox}/process{world.Secret}", $"{Sandbox}/working", $"{Sandbox}/descriptors",
            $"{Sandbox}/descriptors/0", $"{Sandbox}/above", $"{Sandbox}/high-above", $"{Sandbox}/high-above{world.Secret}", $"{Sandbox}/dir/up",
            $"{Sandbox}/dir/up/{Canary}", $"{Sandbox}/absolute/{Canary}", $"{Sandbox}/relative/{Canary}", $"{Sandbox}/chain-1/{Canary}",
            $"{Sandbox}/..", $"{Sandbox}/../..", $"{Sandbox}/dir/../..", $"{Sandbox}/dir/../../latest/../../..", $"{Sandbox}/./../t",
            $"{Sandbox}/../../../../../../../../../../..{world.Secret}", $"{Sandbox}//..//..//..{world.Secret}",
            $"{Sandbox}/dir/../../../../../../../../../../../..{world.Secret}", world.Secret, world.Outside, "/", "/etc", "/proc/self/environ",
            $"{world.Directory}/../../../../../../../../meta", $"{world.Directory}/relative/{Canary}", $"{world.Directory}/..", $"{Sandbox}{world.Secret}",
            $"/frameworks/fw/../fw/executors/t/runs/latest/absolute/{Canary}", $"/frameworks/fw/executors/t/runs/../../../../../../..{world.Secret}",
            $"{Sandbox}/..%2f..%2f..", $"{Sandbox}\\..\\..", $"/slave/log/..{world.Secret}",
        ];
        foreach (var path in paths)
        {
            await foreach (var (door, answer, text) in world.TryAsync(path))
            {
                answer.ShouldBe(HttpStatusCode.NotFound, $"{door} {path}");
                text.ShouldNotContain(World.Content, customMessage: $"{door} {path}");
                text.Replace(path, "", StringComparison.Ordinal).ShouldNotContain(Canary, customMessage: $"{door} {path}");
            }
        }
    }

    [Fact]
    public async Task Pipes_sockets_and_devices_are_told_but_never_opened()
    {
        await using var world = await World.StartAsync();
        var pipe = Path.Join(world.Directory, "pipe");
        const uint Pipe = 0x1000 | 0b110_110_110;
        LibC.MakeNode(pipe, Pipe, 0).ShouldBe(0);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        // The name of a socket may be no longer than about a hundred characters, which a sandbox's is.
        var shortcut = Directory.CreateTempSubdirectory("plenum-s-").FullName;
        File.CreateSymbolicLink(Path.Join(shortcut, "s"), world.Directory);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Join(shortcut, "s", "socket")));
        var special = new List<string> { "pipe", "socket" };

        // The memory device with number 5 gives zeros without end: whoever opens and reads it does not come back.
        if (LibC.MakeNode(Path.Join(world.Directory, "device"), LibC.CharacterDevice | 0b110_110_110, (1 << 8) | 5) == 0)
        {
            special.Add("device");
        }

        foreach (var name in special)
        {
            await foreach (var (door, answer, text) in world.TryAsync($"{Sandbox}/{name}"))
            {
                answer.ShouldBe(door.Lists ? HttpStatusCode.OK : HttpStatusCode.NotFound, $"{door} {name}");
                text.ShouldContain(name);
            }
        }

        Directory.Delete(shortcut, recursive: true);
    }

    [Theory]
    [InlineData("swapped")]
    [InlineData("swapped/inner")]
    [InlineData("swapped/" + Canary)]
    [InlineData("swapped/deep/" + Canary)]
    public async Task A_directory_that_becomes_a_link_while_it_is_read_shows_nothing_of_where_the_link_leads(string name)
    {
        const int Tries = 400;
        await using var world = await World.StartAsync();
        Directory.CreateDirectory(Path.Join(world.Outside, "deep"));
        File.WriteAllText(Path.Join(world.Outside, "deep", Canary), World.Content);

        // The same names inside, so that both are found and only what is behind them differs.
        var swapped = Path.Join(world.Directory, "swapped");
        var kept = Path.Join(world.Directory, "kept");
        var link = Path.Join(world.Directory, "link");
        Directory.CreateDirectory(Path.Join(swapped, "deep"));
        string[] inside = [Path.Join(swapped, "inner"), Path.Join(swapped, "deep", "inner")];
        inside.ToList().ForEach(static path => File.WriteAllText(path, "inside"));
        if (name.EndsWith(Canary, StringComparison.Ordinal))
        {
            File.WriteAllText(Path.Join(world.Directory, name), "inside");
        }

        File.CreateSymbolicLink(link, world.Outside);
        using var stop = new CancellationTokenSource();
        var swaps = 0L;
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var swapping = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                LibC.Rename(swapped, kept).ShouldBe(0);
                LibC.Rename(link, swapped).ShouldBe(0);
                LibC.Rename(swapped, link).ShouldBe(0);
                LibC.Rename(kept, swapped).ShouldBe(0);
                Interlocked.Increment(ref swaps);
                begun.TrySetResult();
            }
        });
        try
        {
            await (await Task.WhenAny(begun.Task, swapping)).WaitAsync(Patience.Limit);
            var path = $"{Sandbox}/{name}";
            for (var i = 0; i < Tries; i++)
            {
                await foreach (var (door, answer, text) in world.TryAsync(path))
                {
                    answer.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.BadRequest);
                    text.ShouldNotContain(World.Content, customMessage: $"{door} after {Interlocked.Read(ref swaps)} swaps");
                    text.ShouldNotContain(World.Size, customMessage: $"{door} after {Interlocked.Read(ref swaps)} swaps");
                    if (!name.EndsWith(Canary, StringComparison.Ordinal))
                    {
                        text.ShouldNotContain(Canary, customMessage: $"{door} after {Interlocked.Read(ref swaps)} swaps");
                    }
                }
            }
        }
        finally
        {
            await stop.CancelAsync();
            await swapping.WaitAsync(Patience.Limit);
        }
    }

    private readonly record struct Door(string Name, bool Lists)
    {
        public override string ToString() => Name;
    }

    /// <summary>An agent with a task whose sandbox the test fills, and a file beside the work directory that nobody may see.</summary>
    private sealed class World : IAsyncDisposable
    {
        public const string Content = "what-is-in-the-file-outside";

        private static readonly Door[] Doors =
        [
            new("files/browse", Lists: true), new("files/read", Lists: false), new("files/download", Lists: false),
            new("slave(1)/files/browse.json", Lists: true), new("slave(1)/files/read.json", Lists: false),
            new("LIST_FILES", Lists: true), new("READ_FILE", Lists: false),
        ];

        private readonly AgentFixture _agent;
        private readonly DirectoryInfo _outside;

        private World(AgentFixture agent, DirectoryInfo outside, string directory)
        {
            _agent = agent;
            _outside = outside;
            Directory = directory;
            File.WriteAllText(Secret, Content);
        }

        /// <summary>As every door writes the size of what is outside; no file inside has it.</summary>
        public static string Size => $"\"size\":{Content.Length}";

        public string Directory { get; }

        public string Outside => _outside.FullName;

        public string Secret => Path.Join(Outside, Canary);

        public static async Task<World> StartAsync()
        {
            var agent = await AgentFixture.StartAsync();
            var running = await agent.RunUpAsync(FakeMaster.Task("t", "sleep 1000"));
            return new World(agent, System.IO.Directory.CreateTempSubdirectory("plenum-outside-"), agent.SandboxOf(running));
        }

        public void Link(string name, string target) => File.CreateSymbolicLink(Path.Join(Directory, name), target);

        public async IAsyncEnumerable<(Door Door, HttpStatusCode Answer, string Text)> TryAsync(string path)
        {
            foreach (var door in Doors)
            {
                using var answer = door.Name switch
                {
                    "LIST_FILES" => await _agent.PostAsync("api/v1", new Call
                    {
                        Type = Call.Types.Type.ListFiles, ListFiles = new Call.Types.ListFiles { Path = path },
                    }),
                    "READ_FILE" => await _agent.PostAsync("api/v1", new Call
                    {
                        Type = Call.Types.Type.ReadFile, ReadFile = new Call.Types.ReadFile { Path = path, Offset = 0 },
                    }),
                    _ => await _agent.Http.GetAsync(new Uri(_agent.Agent.Address, $"{door.Name}?path={Uri.EscapeDataString(path)}&offset=0")),
                };
                var text = await answer.Content.ReadAsStringAsync();

                // READ_FILE gives bytes.
                yield return (door, answer.StatusCode, text + Decoded(text));
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _agent.DisposeAsync();
            _outside.Delete(recursive: true);
        }

        private static string Decoded(string text)
        {
            const string Data = "\"data\":\"";
            var start = text.IndexOf(Data, StringComparison.Ordinal) + Data.Length;
            var end = start < Data.Length ? -1 : text.IndexOf('"', start);
            var bytes = new byte[text.Length];
            return end > start && Convert.TryFromBase64String(text[start..end], bytes, out var count) ? Encoding.UTF8.GetString(bytes, 0, count) : "";
        }
    }
}
