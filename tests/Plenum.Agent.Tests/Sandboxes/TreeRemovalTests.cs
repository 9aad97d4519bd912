using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Fetching;
using Plenum.Http.Files;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Sandboxes;

public sealed class TreeRemovalTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("plenum-removal-").FullName;

    private string Tree => Path.Join(_root, "tree");

    public void Dispose() => TreeRemoval.Remove(_root);

    [Theory]
    [InlineData(true, 1, true)]
    [InlineData(false, 2, false)]
    [InlineData(null, 2, true)]
    [InlineData(null, 1, false)]
    public void Another_device_is_a_mount_only_where_the_kernel_does_not_tell(bool? isMountRoot, ulong device, bool isMounted)
    {
        const ushort directory = 0x41ed;
        const ushort file = 0x81a4;
        var entry = new TreeEntry(Inode: 7, device, Bytes: 0, IsShared: false, isMountRoot) { Mode = directory };

        // A subvolume of btrfs has a device of its own, and each user may make one.
        entry.IsMounted(device: 1).ShouldBe(isMounted);
        (entry with { Mode = file }).IsMounted(device: 1).ShouldBe(isMountRoot ?? false, "files of an overlay have the devices of its layers");
    }

    [Fact]
    public async Task Names_that_are_no_utf8_go_and_so_do_links_but_not_what_they_point_to()
    {
        var outside = Directory.CreateDirectory(Path.Join(_root, "outside")).FullName;
        await File.WriteAllTextAsync(Path.Join(outside, "kept"), "kept");
        Directory.CreateDirectory(Path.Join(Tree, "plain"));
        await FetchFixture.RunAsync("sh", "-c", $"cd {Tree} && d=$(printf '\\377\\376') && mkdir $d && touch $d/in plain/$(printf 'a\\200')");
        File.CreateSymbolicLink(Path.Join(Tree, "way"), outside);
        File.CreateSymbolicLink(Path.Join(Tree, "nowhere"), "/no/such/file");
        File.CreateSymbolicLink(Path.Join(_root, "link"), Tree);

        TreeRemoval.Remove(Path.Join(_root, "link"));
        FileStatus.Of(Path.Join(_root, "link")).ShouldBeNull("a link goes itself");
        Directory.Exists(Tree).ShouldBeTrue();
        TreeRemoval.Remove(Tree);

        FileStatus.Of(Tree).ShouldBeNull();
        (await File.ReadAllTextAsync(Path.Join(outside, "kept"))).ShouldBe("kept");
        TreeRemoval.Remove(Tree);
    }

    [Fact]
    public void A_tree_goes_that_is_deeper_than_a_process_can_open_and_a_path_can_say()
    {
        const int Depth = 1_500;
        Directory.CreateDirectory(Tree);
        var directories = new List<OwnedFd> { OwnedFd.Open(Tree, LibC.OpenReadOnly) };
        try
        {
            for (var i = 0; i < Depth; i++)
            {
                var parent = directories[^1].Number;
                Directory.CreateDirectory($"/proc/self/fd/{parent}/a-directory");
                directories.Add(OwnedFd.Open($"/proc/self/fd/{parent}/a-directory", LibC.OpenReadOnly));
                if (directories.Count > 2)
                {
                    directories[0].Dispose();
                    directories.RemoveAt(0);
                }
            }
        }
        finally
        {
            directories.ForEach(static directory => directory.Dispose());
        }

        TreeRemoval.Remove(Tree);

        FileStatus.Of(Tree).ShouldBeNull();
    }

    [Fact]
    public async Task Only_the_content_goes_when_the_directory_is_to_stay()
    {
        Directory.CreateDirectory(Path.Join(Tree, "a", "b"));
        await File.WriteAllTextAsync(Path.Join(Tree, "a", "file"), "x");
        await FetchFixture.RunAsync("sh", "-c", $"cd {Tree} && mkdir $(printf '\\303\\050')");

        TreeRemoval.Empty(Tree);

        Directory.GetFileSystemEntries(Tree).ShouldBeEmpty();
        Directory.Exists(Tree).ShouldBeTrue();
    }

    [RootFact]
    public async Task What_is_mounted_there_is_named_and_not_emptied_and_all_else_goes()
    {
        var mounted = Directory.CreateDirectory(Path.Join(Tree, "kept", "mounted")).FullName;
        await File.WriteAllTextAsync(Path.Join(Tree, "file"), "x");
        await FetchFixture.RunAsync("mount", "-t", "tmpfs", "plenum-test", mounted);
        try
        {
            await File.WriteAllTextAsync(Path.Join(mounted, "precious"), "data");

            var refused = Should.Throw<IOException>(() => TreeRemoval.Remove(Tree));

            refused.Message.ShouldContain("'mounted'");
            refused.Message.ShouldContain("mounted there");
            (await File.ReadAllTextAsync(Path.Join(mounted, "precious"))).ShouldBe("data");
            File.Exists(Path.Join(Tree, "file")).ShouldBeFalse();
        }
        finally
        {
            await FetchFixture.RunAsync("umount", mounted);
        }

        TreeRemoval.Remove(Tree);
        FileStatus.Of(Tree).ShouldBeNull();
    }
}
