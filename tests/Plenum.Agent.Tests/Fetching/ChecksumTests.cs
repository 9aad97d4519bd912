using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fetching;

public sealed class ChecksumTests
{
    private const string Content = "the content";

    private static readonly string Right = Sum(Content);
    private static readonly string Wrong = Sum("another content");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_download_with_the_checksum_of_its_URI_is_taken_and_the_server_never_sees_the_checksum(bool cache)
    {
        await using var fixture = FetchFixture.Create();
        var asked = "";
        await using var server = await FileServer.StartAsync(context =>
        {
            asked = context.Request.Path + context.Request.QueryString.ToString();
            return context.Response.WriteAsync(Content);
        });

        await fixture.FetchAsync(new Protocol.V1.CommandInfo.Types.URI
        {
            Value = $"{server.Address}tool?v=1#sha256={Right.ToUpperInvariant()}", Cache = cache, Executable = true,
        });

        asked.ShouldBe("/tool?v=1");
        fixture.Names().ShouldBe(["tool"]);
        fixture.Read("tool").ShouldBe(Content);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_content_is_refused_with_both_sums_and_leaves_nothing(bool cache)
    {
        await using var fixture = FetchFixture.Create();
        await using var server = await FileServer.StartAsync(static context => context.Response.WriteAsync(Content));

        var refusal = await fixture.RefusalAsync($"{server.Address}tool#sha256={Wrong}", cache);

        refusal.ShouldContain(Right);
        refusal.ShouldContain(Wrong);
        fixture.Names().ShouldBeEmpty();
        Directory.GetFiles(fixture.Cache).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_archive_is_unpacked_only_with_its_checksum_wherever_it_comes_from(bool remote)
    {
        await using var fixture = FetchFixture.Create();
        var content = Directory.CreateDirectory(fixture.In("content")).FullName;
        await File.WriteAllTextAsync(Path.Join(content, "inner"), "packed");
        var archive = fixture.In("a.tar.gz");
        await FetchFixture.RunAsync("tar", "-czf", archive, "-C", content, "inner");
        var sum = Convert.ToHexString(SHA256.HashData(await File.ReadAllBytesAsync(archive)));
        await using var server = await FileServer.StartAsync(context => context.Response.SendFileAsync(archive));
        var uri = remote ? $"{server.Address}a.tar.gz" : archive;

        (await fixture.RefusalAsync($"{uri}#sha256={Wrong}")).ShouldContain(Wrong);
        fixture.Names().ShouldBeEmpty();
        await fixture.FetchAsync(new Protocol.V1.CommandInfo.Types.URI { Value = $"{uri}#sha256={sum}" });

        // As without a checksum: what was downloaded stays beside what was in it, an archive of the machine does not come along.
        fixture.Names().ShouldBe(remote ? ["a.tar.gz", "inner"] : ["inner"]);
        fixture.Read("inner").ShouldBe("packed");
    }

    [Fact]
    public async Task A_cached_download_is_not_used_for_another_checksum()
    {
        await using var fixture = FetchFixture.Create();
        var content = "first";
        await using var server = await FileServer.StartAsync(context => context.Response.WriteAsync(content));
        string[] steps = ["first", "first", "second", "second"];
        foreach (var step in steps)
        {
            content = step;
            await fixture.FetchAsync(new Protocol.V1.CommandInfo.Types.URI { Value = $"{server.Address}x#sha256={Sum(step)}", Cache = true });
            fixture.Read("x").ShouldBe(step);
        }

        server.Requests.ShouldBe(2);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    [InlineData("zz0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcd")]
    public async Task What_is_no_checksum_is_refused_before_anything_is_fetched(string sum)
    {
        await using var fixture = FetchFixture.Create();
        await using var server = await FileServer.StartAsync(static context => context.Response.WriteAsync(Content));

        (await fixture.RefusalAsync($"{server.Address}x#sha256={sum}")).ShouldContain("64 hexadecimal digits");

        server.Requests.ShouldBe(0);
    }

    private static string Sum(string content) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)));
}
