using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Plenum.Agent.Containers;
using Plenum.Agent.Tests.Containers;
using Plenum.Http.Files;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fetching;

/// <summary>Archives made to get out of the sandbox: whatever they hold, nothing outside it is written, linked or given away.</summary>
public sealed class ArchiveTests : IAsyncLifetime
{
    private FetchFixture _fixture = null!;

    private string Outside => _fixture.In("outside");

    private string Secret => Path.Join(Outside, "secret");

    public async Task InitializeAsync()
    {
        _fixture = FetchFixture.Create();
        Directory.CreateDirectory(Outside);
        await File.WriteAllTextAsync(Secret, "untouched");
    }

    public async Task DisposeAsync()
    {
        File.ReadAllText(Secret).ShouldBe("untouched");
        Directory.GetFileSystemEntries(Outside).ShouldBe([Secret]);
        FileStatus.Of(Secret)!.Links.ShouldBe(1u);
        Directory.GetFileSystemEntries(_fixture.Root).Select(Path.GetFileName)
            .ShouldBeSubsetOf(["sandbox", "cache", "outside", "content", "a.tar", "a.zip", "a.tar.zst", "a.tzst"]);
        await _fixture.DisposeAsync();
    }

    [Theory]
    [InlineData("a.tar.zst")]
    [InlineData("a.tzst")]
    public async Task An_archive_packed_with_zstd_is_unpacked(string name)
    {
        var content = Directory.CreateDirectory(_fixture.In("content")).FullName;
        await File.WriteAllTextAsync(Path.Join(content, "inner"), "packed");
        await FetchFixture.RunAsync("tar", "--zstd", "-cf", _fixture.In(name), "-C", content, "inner");

        await _fixture.FetchAsync(new CommandInfo.Types.URI { Value = _fixture.In(name) });

        _fixture.Names().ShouldBe(["inner"]);
        _fixture.Read("inner").ShouldBe("packed");
    }

    [Fact]
    public async Task An_absolute_name_lands_inside()
    {
        await TarAsync(Plain("/" + "outside-by-an-absolute-name", "x"));

        await _fixture.FetchAsync(Tar());

        File.Exists("/outside-by-an-absolute-name").ShouldBeFalse();
        _fixture.Read("outside-by-an-absolute-name").ShouldBe("x");
    }

    [Fact]
    public async Task A_name_that_climbs_is_refused()
    {
        await TarAsync(Plain("../outside/climbed", "x"));

        (await _fixture.RefusalAsync(Tar().Value)).ShouldContain("..");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_written_through_a_link_of_the_same_archive(bool absolute)
    {
        var target = absolute ? Outside : "../outside";
        await TarAsync(Link(TarEntryType.SymbolicLink, "way", target), Plain("way/written", "x"), Plain("way/secret", "x"));

        // Refused, or the link gave way; what counts is looked at when the test ends.
        try
        {
            await _fixture.FetchAsync(Tar());
        }
        catch (Plenum.Agent.Fetching.FetchException refusal)
        {
            refusal.Message.ShouldContain("way");
        }
    }

    [Fact]
    public async Task A_hard_link_does_not_reach_a_file_outside_not_even_through_a_link()
    {
        (TarEntry[] Entries, string Name)[] archives =
        [
            ([Link(TarEntryType.HardLink, "stolen", Secret)], "absolute"),
            ([Link(TarEntryType.HardLink, "stolen", "../outside/secret")], "climbing"),
            ([Link(TarEntryType.SymbolicLink, "way", Outside), Link(TarEntryType.HardLink, "stolen", "way/secret")], "through a link"),
        ];
        foreach (var (entries, name) in archives)
        {
            await TarAsync(entries);
            (await _fixture.RefusalAsync(Tar().Value)).ShouldContain("secret", customMessage: name);
            FileStatus.Of(Secret)!.Links.ShouldBe(1u, name);
        }
    }

    [RootFact]
    public async Task Devices_and_pipes_are_refused_by_name_and_nothing_of_the_archive_stays()
    {
        TarEntry[] special =
        [
            new PaxTarEntry(TarEntryType.CharacterDevice, "dir/null") { DeviceMajor = 1, DeviceMinor = 3 },
            new PaxTarEntry(TarEntryType.BlockDevice, "dir/null") { DeviceMajor = 7, DeviceMinor = 0 },
            new PaxTarEntry(TarEntryType.Fifo, "dir/null"),
        ];
        foreach (var entry in special)
        {
            await TarAsync(Plain("plain", "x"), entry);
            (await _fixture.RefusalAsync(Tar().Value)).ShouldContain("'dir/null' in it is a device, pipe or socket");
            _fixture.Names().ShouldBeEmpty();
        }
    }

    [Theory]
    [InlineData("../outside/climbed")]
    [InlineData("/outside-by-an-absolute-name")]
    [InlineData("dir/../../outside/climbed")]
    public async Task A_zip_entry_that_leads_out_is_refused(string name)
    {
        await ZipAsync((name, "x", 0));

        await _fixture.RefusalAsync(_fixture.In("a.zip"));

        File.Exists("/outside-by-an-absolute-name").ShouldBeFalse();
        _fixture.Names().ShouldBeEmpty();
    }

    [Fact]
    public async Task Nothing_is_written_through_a_link_of_a_zip()
    {
        const int Link = unchecked((int)0xa1ff0000);
        await ZipAsync(("way", Outside, Link), ("way/written", "x", 0), ("way/secret", "x", 0));

        await _fixture.RefusalAsync(_fixture.In("a.zip"));

        _fixture.Names().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/dev/zero")]
    public async Task What_is_no_plain_file_of_the_machine_is_not_fetched(string device) =>
        (await _fixture.RefusalAsync(device)).ShouldContain("no plain file");

    [RootFact]
    public async Task A_link_that_an_archive_left_gives_no_file_outside_to_the_tasks_user()
    {
        await TarAsync(
            Link(TarEntryType.SymbolicLink, "way", Outside), Link(TarEntryType.SymbolicLink, "file", Secret), Plain("dir/inner", "x"));
        await _fixture.FetchAsync(Tar());

        SandboxOwner.Give(_fixture.Sandbox, 65534, 65534);

        FileStatus.Of(Outside)!.User.ShouldBe(0u);
        FileStatus.Of(Secret)!.User.ShouldBe(0u);
        string[] own = ["way", "file", "dir", "dir/inner"];
        own.ShouldAllBe(name => FileStatus.Of(Path.Join(_fixture.Sandbox, name))!.User == 65534);
    }

    private static PaxTarEntry Plain(string name, string content) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) };

    private static PaxTarEntry Link(TarEntryType type, string name, string target) => new(type, name) { LinkName = target };

    private CommandInfo.Types.URI Tar() => new() { Value = _fixture.In("a.tar") };

    private async Task TarAsync(params TarEntry[] entries)
    {
        await using var writer = new TarWriter(File.Create(_fixture.In("a.tar")));
        foreach (var entry in entries)
        {
            await writer.WriteEntryAsync(entry);
        }
    }

    private async Task ZipAsync(params (string Name, string Content, int Attributes)[] entries)
    {
        await using var zip = await ZipFile.OpenAsync(_fixture.In("a.zip"), ZipArchiveMode.Create);
        foreach (var (name, content, attributes) in entries)
        {
            var entry = zip.CreateEntry(name);
            entry.ExternalAttributes = attributes;
            await using var writer = new StreamWriter(await entry.OpenAsync());
            await writer.WriteAsync(content);
        }
    }
}
