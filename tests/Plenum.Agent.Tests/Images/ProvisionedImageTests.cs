using System.Diagnostics;
using Plenum.Agent.Containers;
using Plenum.Agent.Images;
using Plenum.Agent.Tests.Server;

namespace Plenum.Agent.Tests.Images;

public sealed class ProvisionedImageTests : IDisposable
{
    private readonly DirectoryInfo _layers = Directory.CreateTempSubdirectory("plenum-layers-");

    public void Dispose() => _layers.Delete(recursive: true);

    [Fact]
    public void The_highest_layer_with_a_plain_file_has_it()
    {
        Write("low/etc/passwd", "low");
        Write("low/etc/group", "groups");
        Write("high/etc/passwd", "high");
        Image().ReadText("etc/passwd").ShouldBe("high");
        Image().ReadText("etc/group").ShouldBe("groups");
        Image().ReadText("etc/shadow").ShouldBeNull();
    }

    [Fact]
    public async Task A_pipe_or_a_link_out_of_the_layer_is_not_read()
    {
        Directory.CreateDirectory(Path.Join(_layers.FullName, "low", "etc"));
        Directory.CreateDirectory(Path.Join(_layers.FullName, "high"));
        using (var mkfifo = Process.Start("mkfifo", [Path.Join(_layers.FullName, "low", "etc", "passwd")]))
        {
            await mkfifo.WaitForExitAsync();
        }

        File.CreateSymbolicLink(Path.Join(_layers.FullName, "high", "etc"), "/etc");
        (await Task.Run(() => Image().ReadText("etc/passwd")).WaitAsync(Patience.Limit)).ShouldBeNull();
        File.Delete(Path.Join(_layers.FullName, "high", "etc"));
        (await Task.Run(() => Image().ReadText("etc/passwd")).WaitAsync(Patience.Limit)).ShouldBeNull();
    }

    [Fact]
    public void A_file_of_accounts_has_a_bound()
    {
        Write("low/etc/passwd", "");
        using (var file = File.OpenWrite(Path.Join(_layers.FullName, "low", "etc", "passwd")))
        {
            file.SetLength(64 * 1024 * 1024);
        }

        Should.Throw<ContainerLaunchException>(() => Image().ReadText("etc/passwd")).Message.ShouldContain("etc/passwd");
    }

    private ProvisionedImage Image() => new("image", _layers.FullName, ["low", "high"], new ImageConfig([], [], [], null));

    private void Write(string name, string text)
    {
        var path = Path.Join(_layers.FullName, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
