using System.IO.Compression;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Marathon.Api;
using Plenum.Marathon.Api.Routing;

namespace Plenum.Marathon.Tests.Api;

public sealed class RoutingShould
{
    /// <summary>DC/OS' dashboard sends the second and third form, its command line the fourth.</summary>
    [Theory]
    [InlineData("/v2/apps/prod/web")]
    [InlineData("/v2/apps//prod/web")]
    [InlineData("/v2/apps/%2Fprod%2fweb")]
    [InlineData("/v2/apps/prod/web/")]
    [InlineData("//v2///apps/prod//web?embed=app.tasks")]
    public async Task Find_an_app_under_every_spelling_of_its_path(string path)
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/prod/web");

        // HttpClient would tidy up a path that begins with two slashes.
        (await RawAsync(host, $"GET {path} HTTP/1.1")).ShouldStartWith("HTTP/1.1 200");
    }

    [Fact]
    public async Task Not_take_a_doubly_encoded_slash_for_a_slash()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/prod/web");

        (await RawAsync(host, "GET /v2/apps/prod%252Fweb HTTP/1.1")).ShouldStartWith("HTTP/1.1 404");
    }

    [Fact]
    public async Task Answer_500_to_a_path_that_does_not_exist_as_Marathon_does()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.GetAsync("/v2/nothing");

        answer.Status.ShouldBe(500);
        answer.Message.ShouldBe("URI not found");
    }

    [Fact]
    public async Task Name_the_methods_that_a_path_knows()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.SendAsync("POST", "/v2/queue", "{}");

        answer.Status.ShouldBe(405);
        answer.Headers["Allow"].ShouldBe("GET");
    }

    [Fact]
    public async Task Prefer_a_known_suffix_to_a_longer_id()
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/prod/web");

        (await host.GetAsync("/v2/apps/prod/web/versions")).Json["versions"]!.AsArray().Count.ShouldBe(1);
        (await host.GetAsync("/v2/apps/prod/web/tasks")).Json["tasks"]!.AsArray().ShouldBeEmpty();
        (await host.GetAsync("/v2/groups/prod/apps")).Json.AsArray().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Send_the_headers_of_every_answer()
    {
        await using var host = await ApiHost.StartAsync();

        var answer = await host.GetAsync("/v2/apps");

        answer.Headers["Cache-Control"].ShouldBe("no-cache, no-store, must-revalidate");
        answer.Headers["Pragma"].ShouldBe("no-cache");
        answer.Headers["Expires"].ShouldBe("0");
        answer.Headers["X-Frame-Options"].ShouldBe("DENY");
        answer.Headers["X-Marathon-Leader"].ShouldBe($"http://127.0.0.1:{host.Address.Port}");
        answer.Headers["Content-Type"].ShouldBe("application/json");
    }

    [Theory]
    [InlineData("gzip, deflate", true)]
    [InlineData("gzip;q=0", false)]
    [InlineData("br", false)]
    public async Task Compress_an_answer_for_a_client_that_takes_it(string accepted, bool expected)
    {
        await using var host = await ApiHost.StartAsync();
        await host.CreateAsync("/web");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, "/v2/apps"));
        request.Headers.TryAddWithoutValidation("Accept-Encoding", accepted);

        using var response = await host.Client.SendAsync(request);

        response.Content.Headers.ContentEncoding.Contains("gzip").ShouldBe(expected);
        Stream body = await response.Content.ReadAsStreamAsync();
        await using var plain = expected ? new GZipStream(body, CompressionMode.Decompress) : body;
        var json = await JsonNode.ParseAsync(plain);
        json!["apps"]![0]!["id"]!.GetValue<string>().ShouldBe("/web");
    }

    [Fact]
    public void Name_an_authorisation_rule_for_every_route()
    {
        var api = new MarathonApi(new FakeMarathon(), new MarathonApiOptions(), TimeProvider.System, NullLoggerFactory.Instance);

        api.Routes.Routes.ShouldAllBe(route => route.Rule == "public" || route.Rule.StartsWith("marathon."));
        api.Routes.Routes.Select(route => (route.Method, route.Pattern.Text)).ShouldBeUnique();
    }

    [Theory]
    [InlineData("/v2/queue/{id}/delay", "v2/queue/a/b/delay", "a/b", null)]
    [InlineData("/v2/apps/{id}/tasks/{arg}", "v2/apps/a/tasks/b/tasks/t.1", "a/tasks/b", "t.1")]
    [InlineData("/v2/apps/{id}", "v2/apps", null, null)]
    [InlineData("/v2/apps/{id}/versions/{arg}", "v2/apps/versions/x", null, null)]
    public void Give_the_id_all_segments_that_nothing_else_claims(string pattern, string path, string? id, string? argument)
    {
        var found = new RoutePattern(pattern).TryMatch(path.Split('/'), out var values);

        found.ShouldBe(id is not null);
        values.Id.ShouldBe(id);
        values.Argument.ShouldBe(argument);
    }

    private static async Task<string> RawAsync(ApiHost host, string requestLine)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{requestLine}\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
