using System.Diagnostics;
using System.IO.Compression;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Fetching;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fetching;

public sealed class FetcherTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _directory = Directory.CreateTempSubdirectory("plenum-fetch-").FullName;
    private Fetcher _fetcher = null!;

    private string Sandbox => Path.Join(_directory, "sandbox");

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(Sandbox);
        _fetcher = Open(new FetcherOptions { CacheDirectory = Path.Join(_directory, "cache") });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _fetcher.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_file_comes_over_http_under_its_own_name_or_the_one_asked_for()
    {
        await using var server = await FileServer.StartAsync(static context => context.Response.WriteAsync("content of " + context.Request.Path.Value));

        await FetchAsync(
            new() { Value = $"{server.Address}dir/some%20file?token=1" },
            new() { Value = $"{server.Address}tool", OutputFile = "bin/renamed", Executable = true });

        Read("some file").ShouldBe("content of /dir/some file");
        Read("bin/renamed").ShouldBe("content of /tool");
        File.GetUnixFileMode(Path.Join(Sandbox, "bin/renamed")).HasFlag(UnixFileMode.UserExecute | UnixFileMode.OtherExecute).ShouldBeTrue();
        File.GetUnixFileMode(Path.Join(Sandbox, "some file")).HasFlag(UnixFileMode.UserExecute).ShouldBeFalse();
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("file://")]
    public async Task A_file_of_the_machine_is_copied(string form)
    {
        var source = Path.Join(_directory, "local file");
        await File.WriteAllTextAsync(source, "local");

        await FetchAsync(new CommandInfo.Types.URI { Value = form == "plain" ? source : "file://" + source.Replace(" ", "%20", StringComparison.Ordinal) });

        Read("local file").ShouldBe("local");
    }

    [Theory]
    [InlineData("a.tar", "-cf")]
    [InlineData("a.tgz", "-czf")]
    [InlineData("a.tar.gz", "-czf")]
    [InlineData("a.tar.bz2", "-cjf")]
    [InlineData("a.txz", "-cJf")]
    public async Task Archives_are_unpacked_by_their_suffix(string name, string flags)
    {
        var archive = MakeTar(name, flags);

        await FetchAsync(new CommandInfo.Types.URI { Value = archive });

        Read("dir/inner").ShouldBe("packed");
        File.GetUnixFileMode(Path.Join(Sandbox, "dir/inner")).HasFlag(UnixFileMode.UserExecute).ShouldBeTrue();
        File.Exists(Path.Join(Sandbox, name)).ShouldBeFalse("an archive of the machine is unpacked from where it is");
    }

    [Fact]
    public async Task Zip_and_gzip_files_are_unpacked()
    {
        var zip = Path.Join(_directory, "a.zip");
        await using (var archive = await ZipFile.OpenAsync(zip, ZipArchiveMode.Create))
        {
            // No file can have a zero in its name; packers of other systems have written such.
            foreach (var name in (string[])["dir/zipped", "dir/ze\0ro"])
            {
                await using var entry = new StreamWriter(await archive.CreateEntry(name).OpenAsync());
                await entry.WriteAsync("zipped");
            }
        }
        var gzip = Path.Join(_directory, "notes.gz");
        await using (var file = new GZipStream(File.Create(gzip), CompressionLevel.Fastest))
        {
            await file.WriteAsync("squeezed"u8.ToArray());
        }

        await FetchAsync(new() { Value = zip }, new() { Value = gzip });

        Read("dir/zipped").ShouldBe("zipped");
        Read("dir/ze_ro").ShouldBe("zipped");
        Read("notes").ShouldBe("squeezed");
    }

    [Fact]
    public async Task Executable_or_extract_false_keeps_an_archive_packed()
    {
        var archive = MakeTar("a.tar", "-cf");

        await FetchAsync(
            new() { Value = archive, Extract = false },
            new() { Value = archive, Executable = true, OutputFile = "b.tar" });

        Directory.Exists(Path.Join(Sandbox, "dir")).ShouldBeFalse();
        File.Exists(Path.Join(Sandbox, "a.tar")).ShouldBeTrue();
        File.Exists(Path.Join(Sandbox, "b.tar")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData("/tmp/escaped")]
    [InlineData("a/../../escaped")]
    public async Task An_output_file_outside_the_sandbox_is_refused(string name)
    {
        var failure = await Should.ThrowAsync<FetchException>(() => FetchAsync(new CommandInfo.Types.URI { Value = "/etc/hostname", OutputFile = name }));

        failure.Message.ShouldContain(name);
    }

    [Fact]
    public async Task No_archive_writes_through_a_link_that_an_earlier_one_left()
    {
        var outside = Directory.CreateDirectory(Path.Join(_directory, "outside")).FullName;
        var parts = Directory.CreateDirectory(Path.Join(_directory, "parts")).FullName;
        File.CreateSymbolicLink(Path.Join(parts, "dir"), outside);
        await RunAsync("tar", "-cf", Path.Join(_directory, "link.tar"), "-C", parts, "dir");
        var archive = MakeTar("files.tar", "-cf");

        await FetchAsync(new() { Value = Path.Join(_directory, "link.tar") }, new() { Value = archive });

        Directory.GetFileSystemEntries(outside).ShouldBeEmpty();
        Read("dir/inner").ShouldBe("packed");
    }

    [Fact]
    public async Task No_output_file_is_written_through_a_link()
    {
        var outside = Directory.CreateDirectory(Path.Join(_directory, "outside")).FullName;
        File.CreateSymbolicLink(Path.Join(Sandbox, "dir"), outside);

        var failure = await Should.ThrowAsync<FetchException>(
            () => FetchAsync(new CommandInfo.Types.URI { Value = "/etc/hostname", OutputFile = "dir/written" }));

        failure.Message.ShouldContain("through a link");
        Directory.GetFileSystemEntries(outside).ShouldBeEmpty();
    }

    [Fact]
    public async Task Concurrent_tasks_share_one_cached_download()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await FileServer.StartAsync(async context =>
        {
            await release.Task;
            await context.Response.WriteAsync("shared");
        });
        var uri = new CommandInfo.Types.URI { Value = $"{server.Address}shared", Cache = true };
        var sandboxes = Enumerable.Range(0, 5).Select(i => Directory.CreateDirectory(Path.Join(_directory, $"s{i}")).FullName).ToArray();

        var fetches = sandboxes.Select(sandbox => _fetcher.FetchAsync([uri], sandbox, null, null, default)).ToArray();
        release.SetResult();
        await Task.WhenAll(fetches).WaitAsync(Patience);
        await _fetcher.FetchAsync([uri], Sandbox, null, null, default);

        server.Requests.ShouldBe(1);
        sandboxes.Append(Sandbox).ShouldAllBe(static sandbox => File.ReadAllText(Path.Join(sandbox, "shared")) == "shared");
    }

    [Fact]
    public async Task What_is_larger_than_the_cache_comes_without_it()
    {
        await _fetcher.DisposeAsync();
        _fetcher = Open(new FetcherOptions { CacheDirectory = Path.Join(_directory, "cache"), CacheBytes = 250 });
        await using var server = await FileServer.StartAsync(static context => context.Response.WriteAsync(new string('x', 251)));

        await FetchAsync(new CommandInfo.Types.URI { Value = $"{server.Address}large", Cache = true });

        Read("large").Length.ShouldBe(251);
        _fetcher.CachedBytes.ShouldBe(0);
        Directory.GetFiles(Path.Join(_directory, "cache")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_cache_drops_what_was_used_least_recently()
    {
        await _fetcher.DisposeAsync();
        _fetcher = Open(new FetcherOptions { CacheDirectory = Path.Join(_directory, "cache"), CacheBytes = 250 });
        await using var server = await FileServer.StartAsync(static context => context.Response.Body.WriteAsync(new byte[100]).AsTask());

        foreach (var name in (string[])["a", "b", "a", "c", "a", "b"])
        {
            await FetchAsync(new CommandInfo.Types.URI { Value = $"{server.Address}{name}", Cache = true });
        }

        // c took the place of b, so that only b came twice.
        server.Requests.ShouldBe(4);
        _fetcher.CachedBytes.ShouldBe(200);
        Directory.GetFiles(Path.Join(_directory, "cache")).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_refuses_is_named_with_its_answer_and_without_passwords()
    {
        await using var server = await FileServer.StartAsync(static context =>
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });

        var failure = await Should.ThrowAsync<FetchException>(() => FetchAsync(
            new CommandInfo.Types.URI { Value = $"http://user:geheim@127.0.0.1:{server.Address.Port}/x?sig=abc" }));

        failure.Message.ShouldContain($"127.0.0.1:{server.Address.Port}/x");
        failure.Message.ShouldContain("404");
        failure.Message.ShouldNotContain("geheim");
        failure.Message.ShouldNotContain("abc");
    }

    [Fact]
    public async Task A_download_that_stalls_fails()
    {
        await _fetcher.DisposeAsync();
        _fetcher = Open(new FetcherOptions { CacheDirectory = Path.Join(_directory, "cache"), StallTimeout = TimeSpan.FromMilliseconds(200) });
        await using var server = await FileServer.StartAsync(static async context =>
        {
            await context.Response.WriteAsync("begin");
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
        });

        var failure = await Should.ThrowAsync<FetchException>(() => FetchAsync(new CommandInfo.Types.URI { Value = $"{server.Address}x" }));

        failure.Message.ShouldContain("no data came for 0.2 s");
    }

    [Theory]
    [InlineData("hdfs://name/x", "only http")]
    [InlineData("relative/path", "only http")]
    [InlineData("file://relative", "absolute")]
    [InlineData("/no/such/file", "no such file")]
    [InlineData("/etc", "directory")]
    public async Task What_cannot_be_fetched_is_said(string uri, string reason)
    {
        var failure = await Should.ThrowAsync<FetchException>(() => FetchAsync(new CommandInfo.Types.URI { Value = uri }));

        failure.Message.ShouldContain(reason);
    }

    [Fact]
    public async Task A_file_larger_than_the_bound_is_refused()
    {
        await _fetcher.DisposeAsync();
        _fetcher = Open(new FetcherOptions { CacheDirectory = Path.Join(_directory, "cache"), MaxFileBytes = 1000 });
        await using var server = await FileServer.StartAsync(static async context =>
        {
            // Without a content length the bound can only be noticed on the way.
            await context.Response.StartAsync();
            await context.Response.Body.WriteAsync(new byte[5000]);
        });

        var failure = await Should.ThrowAsync<FetchException>(() => FetchAsync(new CommandInfo.Types.URI { Value = $"{server.Address}x" }));

        failure.Message.ShouldContain("1000 bytes");
    }

    private Task FetchAsync(params CommandInfo.Types.URI[] uris) =>
        _fetcher.FetchAsync(uris, Sandbox, null, null, CancellationToken.None).WaitAsync(Patience);

    private string Read(string name) => File.ReadAllText(Path.Join(Sandbox, name), Encoding.UTF8);

    private string MakeTar(string name, string flags)
    {
        var content = Directory.CreateDirectory(Path.Join(_directory, "content", "dir")).FullName;
        File.WriteAllText(Path.Join(content, "inner"), "packed");
        File.SetUnixFileMode(Path.Join(content, "inner"), (UnixFileMode)0b111_101_101);
        var archive = Path.Join(_directory, name);
        using var tar = Process.Start("tar", [flags, archive, "-C", Path.Join(_directory, "content"), "dir"]);
        tar.WaitForExit();
        tar.ExitCode.ShouldBe(0);
        return archive;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync();
        process.ExitCode.ShouldBe(0);
    }

    private static Fetcher Open(FetcherOptions options) => new(options, TimeProvider.System, NullLoggerFactory.Instance);
}
