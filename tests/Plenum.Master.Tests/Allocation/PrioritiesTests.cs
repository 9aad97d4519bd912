using System.Net;
using System.Net.Sockets;
using System.Text;
using Plenum.Master.Tests.Cluster;

namespace Plenum.Master.Tests.Allocation;

/// <summary><c>/api/v1/plenum/priorities</c>, which Mesos does not have.</summary>
public sealed class PrioritiesTests
{
    private const string Path = "/api/v1/plenum/priorities";

    [Fact]
    public async Task Priorities_are_put_read_taken_away_and_survive_the_master()
    {
        var store = new TestStore();
        await using (var master = await TestMaster.StartAsync(store))
        {
            (await SendAsync(master, HttpMethod.Get)).ShouldBe((HttpStatusCode.OK, "[]"));
            (await SendAsync(master, HttpMethod.Put, """[{"role":"prod/db","priority":10},{"role":"batch","priority":-5}]"""))
                .ShouldBe((HttpStatusCode.OK, string.Empty));
            (await SendAsync(master, HttpMethod.Put, """[{"role":"prod/db","priority":11},{"role":"batch","priority":null}]"""))
                .ShouldBe((HttpStatusCode.OK, string.Empty));
            (await master.GetJsonAsync("/metrics/snapshot")).GetProperty("plenum/tasks_preempted").GetDouble().ShouldBe(0);
        }

        await using var next = await TestMaster.StartAsync(store);
        (await SendAsync(next, HttpMethod.Get)).ShouldBe((HttpStatusCode.OK, """[{"role":"prod/db","priority":11}]"""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"role":"prod","priority":1}""")]
    [InlineData("""[{"role":"prod"}]""")]
    [InlineData("""[{"role":"prod","priority":1.5}]""")]
    [InlineData("""[{"role":7,"priority":1}]""")]
    [InlineData("""[{"role":"prod","priority":1001}]""")]
    [InlineData("""[{"role":"prod","priority":1},{"role":"a//b","priority":1}]""")]
    [InlineData("""[{"role":"\ud800","priority":1}]""")]
    [InlineData("""[{"role":"\ud800","priority":null}]""")]
    [InlineData("""[{"r\ud800le":"prod","priority":1}]""")]
    [InlineData("""[{"role":"prod","priority":"\ud800"}]""")]
    public async Task What_is_no_list_of_priorities_is_400_and_changes_nothing(string body)
    {
        await using var master = await TestMaster.StartAsync();
        var answer = await SendAsync(master, HttpMethod.Put, body);
        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.ShouldNotBeEmpty();
        (await SendAsync(master, HttpMethod.Get)).Body.ShouldBe("[]");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_above_its_bound_is_413_also_without_a_length(bool chunked)
    {
        const int TooLarge = (2 * 1024 * 1024) + 1;
        await using var master = await TestMaster.StartAsync();
        using var connection = new TcpClient();
        await connection.ConnectAsync(master.Server.Address.Host, master.Server.Address.Port);
        await using var stream = connection.GetStream();
        var length = chunked ? $"Transfer-Encoding: chunked\r\n\r\n{TooLarge:x}" : $"Content-Length: {TooLarge}\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"PUT {Path} HTTP/1.1\r\nHost: master\r\n{length}\r\n"));

        // With a length the first line says it all. Without one it is the last byte, after which the chunk still lacks its end.
        if (chunked)
        {
            await stream.WriteAsync(Enumerable.Repeat((byte)' ', TooLarge).ToArray());
        }

        using var answer = new StreamReader(stream, Encoding.ASCII);
        (await Patience.For("the first line of the answer", async token => await answer.ReadLineAsync(token))).ShouldBe("HTTP/1.1 413 Payload Too Large");
    }

    private static async Task<(HttpStatusCode Status, string Body)> SendAsync(TestMaster master, HttpMethod method, string? body = null)
    {
        using var request = new HttpRequestMessage(method, Path);
        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await master.Http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
