using Plenum.Agent.Images;

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
}
