using System.Formats.Tar;
using System.Text;
using Plenum.Agent.Fetching;
using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Tests.Containers;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fetching;

/// <summary>A task reads the files of the machine that its user may read, although the agent that brings them is root.</summary>
public sealed class FetchRightsTests
{
    /// <summary>Debian's lowest users: each has an entry in every machine's passwd.</summary>
    private const string User = "nobody";

    [RootFact]
    public async Task Only_what_the_tasks_user_may_read_is_fetched()
    {
        await using var fixture = FetchFixture.Create();
        Open(fixture.Root);
        var secret = await WriteAsync(fixture, "secret", UnixFileMode.UserRead);
        var shared = await WriteAsync(fixture, "shared", UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Directory.CreateDirectory(fixture.In("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var inside = await WriteAsync(fixture, "closed/inside", UnixFileMode.UserRead | UnixFileMode.OtherRead);

        foreach (var cache in (bool[])[false, true])
        {
            foreach (var path in (string[])[secret, inside, "file:///etc/shadow"])
            {
                var refused = await Should.ThrowAsync<FetchException>(
                    () => fixture.FetchAsync(User, null, new CommandInfo.Types.URI { Value = path, Cache = cache }));
                refused.Message.ShouldContain($"the user {User} may not read it", customMessage: path);
            }

            await fixture.FetchAsync(User, null, new CommandInfo.Types.URI { Value = shared, Cache = cache });
            fixture.Read("shared").ShouldBe("shared");
        }

        await fixture.FetchAsync("root", null, new CommandInfo.Types.URI { Value = secret, Cache = true });
        fixture.Read("secret").ShouldBe("secret");
        var unknown = await Should.ThrowAsync<FetchException>(
            () => fixture.FetchAsync("no-such-user", null, new CommandInfo.Types.URI { Value = shared }));
        unknown.Message.ShouldContain("'no-such-user' does not exist on this machine");
    }

    [RootFact]
    public async Task Nothing_that_the_agent_has_open_is_found_through_proc_and_the_agent_can_still_be_dumped()
    {
        await using var fixture = FetchFixture.Create();
        Open(fixture.Root);
        Directory.CreateDirectory(fixture.In("closed"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var open = File.OpenRead(await WriteAsync(fixture, "closed/inside", UnixFileMode.UserRead | UnixFileMode.OtherRead));
        var descriptor = open.SafeFileHandle.DangerousGetHandle();
        File.CreateSymbolicLink(fixture.In("link"), $"/proc/self/fd/{descriptor}");

        foreach (var path in (string[])
                 [$"/proc/self/fd/{descriptor}", $"/proc/{System.Environment.ProcessId}/fd/{descriptor}", fixture.In("link"), "/proc/self/maps", "/proc/self/status"])
        {
            await Should.ThrowAsync<FetchException>(
                () => fixture.FetchAsync(User, null, new CommandInfo.Types.URI { Value = path }), customMessage: path);
        }

        // A process that cannot be dumped has a directory in /proc that is root's alone to look into.
        LibC.ProcessControl(option: 3, 0, 0, 0, 0).ShouldBe(1);
    }

    [RootFact]
    public async Task The_groups_of_the_user_count_and_the_agents_own_do_not()
    {
        await using var fixture = FetchFixture.Create();
        Open(fixture.Root);
        var ofGroup = await WriteAsync(fixture, "of-group", UnixFileMode.UserRead | UnixFileMode.GroupRead);
        await FetchFixture.RunAsync("chgrp", "4321", ofGroup);
        var ofRoot = await WriteAsync(fixture, "of-root", UnixFileMode.UserRead | UnixFileMode.GroupRead);

        // A number without an entry is a user with the group of its number.
        await fixture.FetchAsync("4321", null, new CommandInfo.Types.URI { Value = ofGroup });
        fixture.Read("of-group").ShouldBe("of-group");
        await Should.ThrowAsync<FetchException>(() => fixture.FetchAsync("4321", null, new CommandInfo.Types.URI { Value = ofRoot }));
    }

    [RootFact]
    public async Task An_archive_that_is_the_users_alone_is_unpacked_and_a_link_to_one_that_is_not_is_refused()
    {
        await using var fixture = FetchFixture.Create();
        Open(fixture.Root);
        var archive = fixture.In("own.tar");
        await using (var writer = new TarWriter(File.Create(archive)))
        {
            await writer.WriteEntryAsync(new PaxTarEntry(TarEntryType.RegularFile, "inner") { DataStream = new MemoryStream(Encoding.UTF8.GetBytes("in")) });
        }

        File.SetUnixFileMode(archive, UnixFileMode.UserRead);
        File.CreateSymbolicLink(fixture.In("link.tar"), archive);
        var link = new CommandInfo.Types.URI { Value = fixture.In("link.tar") };

        (await Should.ThrowAsync<FetchException>(() => fixture.FetchAsync("4321", null, link))).Message.ShouldContain("may not read it");
        await FetchFixture.RunAsync("chown", "4321", archive);
        await fixture.FetchAsync("4321", null, link);
        fixture.Read("inner").ShouldBe("in");
    }

    [RootFact]
    public async Task Whoever_opens_files_as_others_stays_root_himself()
    {
        await using var fixture = FetchFixture.Create();
        Open(fixture.Root);
        var shared = await WriteAsync(fixture, "shared", UnixFileMode.UserRead | UnixFileMode.OtherRead);

        // On one thread: what it opens next it opens as itself.
        await Task.Factory.StartNew(
            () =>
            {
                LocalFile.Open(shared, User).Dispose();
                var status = File.ReadAllLines("/proc/thread-self/status");
                status.ShouldContain(static line => line.StartsWith("Uid:", StringComparison.Ordinal) && line.EndsWith("\t0", StringComparison.Ordinal));
                status.ShouldContain(static line => line.StartsWith("Gid:", StringComparison.Ordinal) && line.EndsWith("\t0", StringComparison.Ordinal));
                File.ReadAllText("/etc/shadow").ShouldNotBeEmpty();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    [Fact]
    public async Task Names_that_are_no_utf8_are_unpacked_merged_and_given_to_the_user()
    {
        await using var fixture = FetchFixture.Create();
        var content = Directory.CreateDirectory(fixture.In("content")).FullName;
        await FetchFixture.RunAsync("sh", "-c", $"cd {content} && d=$(printf 'd\\377') && mkdir $d && echo one > $d/$(printf 'f\\376') && tar -cf {fixture.In("a.tar")} .");
        var uri = new CommandInfo.Types.URI { Value = fixture.In("a.tar") };

        // Twice: into an empty sandbox, and into one that has all of it.
        await fixture.FetchAsync(uri);
        await fixture.FetchAsync(uri);

        var names = new List<string>();
        using (var tree = new RealTree(fixture.Sandbox))
        {
            while (tree.Next())
            {
                names.Add(Convert.ToHexString(tree.NameBytes));
            }
        }

        names.ShouldBe(["64FF", "66FE"]);
    }

    private static void Open(string directory) => File.SetUnixFileMode(
        directory, File.GetUnixFileMode(directory) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);

    private static async Task<string> WriteAsync(FetchFixture fixture, string name, UnixFileMode mode)
    {
        var path = fixture.In(name);
        await File.WriteAllTextAsync(path, Path.GetFileName(name));
        File.SetUnixFileMode(path, mode);
        return path;
    }
}
