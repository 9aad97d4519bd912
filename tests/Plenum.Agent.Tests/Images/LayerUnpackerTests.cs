using Microsoft.Win32.SafeHandles;
using Plenum.Agent.Images;
using Plenum.Agent.Native;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Tests.Containers;
using Plenum.Agent.Tests.Fetching;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Images;

public sealed class LayerUnpackerTests
{
    [Fact]
    public void A_link_in_a_layer_lets_no_marker_be_removed_outside_of_it()
    {
        var root = Directory.CreateTempSubdirectory("plenum-layer-");
        var outside = root.CreateSubdirectory("outside");
        var marker = Path.Join(outside.FullName, ".wh.victim");
        File.WriteAllBytes(marker, []);
        var layer = root.CreateSubdirectory("layer");
        File.CreateSymbolicLink(Path.Join(layer.FullName, "way"), outside.FullName);

        LayerUnpacker.ConvertWhiteouts(layer.FullName);

        outside.GetFileSystemInfos().Select(static entry => entry.FullName).ShouldBe([marker]);
        root.Delete(recursive: true);
    }

    /// <summary>Whether a directory hides what lower layers have in it.</summary>
    private static bool IsOpaque(string directory)
    {
        using var file = new SafeFileHandle(OwnedFd.Open(directory, LibC.OpenReadOnly).Release(), ownsHandle: true);
        Span<byte> value = stackalloc byte[1];
        return LibC.GetAttribute(file, "trusted.overlay.opaque", value, 1) == 1 && value[0] == (byte)'y';
    }

    [RootFact]
    public async Task Markers_count_under_names_that_are_no_utf8_and_beside_what_their_own_layer_brings()
    {
        var layer = Directory.CreateTempSubdirectory("plenum-layer-").FullName;
        try
        {
            await FetchFixture.RunAsync(
                "sh",
                "-c",
                $"cd {layer} && d=$(printf 'd\\377') && mkdir $d again && touch $d/.wh.gone $d/.wh..wh..opq .wh.again again/.wh.file again/file");

            LayerUnpacker.ConvertWhiteouts(layer);

            // The kernel's marks: a device 0/0 for what is removed, an attribute for a directory that hides the one below.
            await FetchFixture.RunAsync(
                "sh",
                "-c",
                $"cd {layer} && mv $(printf 'd\\377') d && test -c d/gone && test $(stat -c %t,%T d/gone) = 0,0 && test -f again/file && test $(find . -name '.wh.*' | wc -l) = 0");
            IsOpaque(Path.Join(layer, "d")).ShouldBeTrue();
            IsOpaque(Path.Join(layer, "again")).ShouldBeTrue();
            IsOpaque(layer).ShouldBeFalse();
        }
        finally
        {
            TreeRemoval.Remove(layer);
        }
    }
}
