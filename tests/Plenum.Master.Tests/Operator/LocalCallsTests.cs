using System.Net;
using Plenum.Http.Diagnostics;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.V1.Master;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.Operator;

/// <summary>The master's own log over both APIs, and how much it says.</summary>
public sealed class LocalCallsTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("plenum-log-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task The_log_is_browsed_read_and_downloaded_under_its_name()
    {
        await using var master = await WithLogAsync("0123456789");
        var entry = (await master.GetJsonAsync("/master/files/browse.json?path=/master/log"))[0];
        entry.EnumerateObject().Select(static member => member.Name).ShouldBe(["path", "nlink", "size", "mtime", "mode", "uid", "gid"]);
        entry.GetProperty("path").GetString().ShouldBe("/master/log");
        entry.GetProperty("size").GetInt64().ShouldBe(10);
        (await master.Http.GetStringAsync("/files/read?path=/master/log&offset=3&length=4")).ShouldBe("""{"offset":3,"data":"3456"}""");
        (await master.Http.GetStringAsync("/files/read?path=/master/log&offset=-1&length=-1")).ShouldBe("""{"offset":10,"data":""}""");
        (await master.Http.GetStringAsync("/files/read?path=/master/log&offset=3&length=-1&jsonp=f")).ShouldBe("""f({"offset":3,"data":"3456789"});""");
        (await master.Http.GetStringAsync("/files/download?path=/master/log")).ShouldBe("0123456789");
        (await master.GetJsonAsync("/files/debug")).GetProperty("/master/log").GetString().ShouldBe(LogFile);
        (await master.GetJsonAsync("/state")).GetProperty("external_log_file").GetString().ShouldBe(LogFile);
        (await master.GetJsonAsync("/flags")).GetProperty("flags").GetProperty("external_log_file").GetString().ShouldBe(LogFile);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_calls_list_and_read_it_in_both_formats(bool json)
    {
        await using var master = await WithLogAsync("0123456789");
        File.WriteAllText(LogFile + ".1", "older");
        var listed = await AnswerAsync(master, """{"type":"LIST_FILES","list_files":{"path":"/master/log"}}""", json);
        listed.ListFiles.FileInfos.Single().Size.ShouldBe(10UL);
        listed.ListFiles.FileInfos.Single().Path.ShouldBe("/master/log");
        var read = await AnswerAsync(master, """{"type":"READ_FILE","read_file":{"path":"/master/log","offset":8}}""", json);
        read.ReadFile.Size.ShouldBe(10UL);
        read.ReadFile.Data.ToStringUtf8().ShouldBe("89");
        read = await AnswerAsync(master, """{"type":"READ_FILE","read_file":{"path":"/master/log","offset":99,"length":5}}""", json);
        (read.ReadFile.Size, read.ReadFile.Data.Length).ShouldBe((10UL, 0));
        read = await AnswerAsync(master, """{"type":"READ_FILE","read_file":{"path":"/master/log.1","offset":0,"length":3}}""", json);
        read.ReadFile.Data.ToStringUtf8().ShouldBe("old");
    }

    [Fact]
    public async Task One_answer_is_at_most_16_pages_however_much_is_asked_for()
    {
        await using var master = await WithLogAsync(new string('x', 200_000));
        var read = await AnswerAsync(master, """{"type":"READ_FILE","read_file":{"path":"/master/log","offset":0,"length":18446744073709551615}}""", json: true);
        (read.ReadFile.Size, read.ReadFile.Data.Length).ShouldBe((200_000UL, 65_536));
        var old = await master.GetJsonAsync("/files/read?path=/master/log&offset=0&length=100000");
        old.GetProperty("data").GetString()!.Length.ShouldBe(65_536);
    }

    [Fact]
    public async Task Nothing_beside_the_log_can_be_reached()
    {
        await using var master = await WithLogAsync("log");
        File.WriteAllText(Path.Combine(_directory.FullName, "secret"), "secret");
        File.CreateSymbolicLink(LogFile + ".1", "/etc/passwd");
        string[] paths =
        [
            "/etc/passwd", "/master", "/master/log/x", "/master/log/../secret", "/master/../secret", _directory.FullName,
            LogFile, $"{_directory.FullName}/secret", "/master/log.1", "/master/log.2", "master", "/",
        ];
        foreach (var path in paths)
        {
            foreach (var way in (string[])["browse", "read", "download"])
            {
                using var response = await master.Http.GetAsync($"/files/{way}?path={path}&offset=0");
                response.StatusCode.ShouldBe(HttpStatusCode.NotFound, $"{way} {path}");
            }

            using var call = await OperatorCallsTests.PostAsync(
                master, """{"type":"READ_FILE","read_file":{"path":"PATH","offset":0}}""".Replace("PATH", path), "application/json");
            call.StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    [Fact]
    public async Task A_log_that_went_with_its_directory_is_404()
    {
        await using var master = await WithLogAsync("log");
        var elsewhere = _directory.FullName + "-moved";
        Directory.Move(_directory.FullName, elsewhere);
        try
        {
            foreach (var way in (string[])["browse", "read", "download"])
            {
                using var response = await master.Http.GetAsync($"/files/{way}?path=/master/log&offset=0");
                response.StatusCode.ShouldBe(HttpStatusCode.NotFound, way);
            }
        }
        finally
        {
            Directory.Move(elsewhere, _directory.FullName);
        }
    }

    [Theory]
    [InlineData("/files/browse", HttpStatusCode.BadRequest)]
    [InlineData("/files/read", HttpStatusCode.BadRequest)]
    [InlineData("/files/download?path=", HttpStatusCode.BadRequest)]
    [InlineData("/files/read?path=/master/log&offset=x", HttpStatusCode.BadRequest)]
    [InlineData("/files/read?path=/master/log&offset=-2", HttpStatusCode.BadRequest)]
    [InlineData("/files/read?path=/master/log&length=-2", HttpStatusCode.BadRequest)]
    [InlineData("/files/read?path=/master/log", HttpStatusCode.NotFound)]
    [InlineData("/files/debug", HttpStatusCode.OK)]
    public async Task Without_a_log_file_there_is_nothing_and_mistakes_are_told_apart(string path, HttpStatusCode expected)
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await master.Http.GetAsync(path);
        response.StatusCode.ShouldBe(expected);
    }

    [Fact]
    public async Task The_level_changes_for_a_while_over_both_APIs_and_goes_back()
    {
        using var verbosity = new LogVerbosity(TimeProvider.System);
        await using var master = await TestMaster.StartAsync(with: options => options with { Verbosity = verbosity });
        (await master.Http.GetStringAsync("/logging/toggle")).ShouldBe("0\n");
        using (var set = await OperatorCallsTests.PostAsync(
            master, """{"type":"SET_LOGGING_LEVEL","set_logging_level":{"level":1,"duration":{"nanoseconds":3600000000000}}}""", "application/json"))
        {
            set.StatusCode.ShouldBe(HttpStatusCode.OK);
            set.Content.Headers.ContentType.ShouldBeNull("mesos-go takes a 200 with a type for an answer with a body");
        }

        verbosity.Minimum.ShouldBe(Microsoft.Extensions.Logging.LogLevel.Debug);
        (await AnswerAsync(master, """{"type":"GET_LOGGING_LEVEL"}""", json: true)).GetLoggingLevel.Level.ShouldBe(1U);
        using (var toggle = await master.Http.GetAsync("/logging/toggle?level=3&duration=1us"))
        {
            toggle.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await Until.TrueAsync("the level is back", async () => await master.Http.GetStringAsync("/logging/toggle") == "0\n");
        (await AnswerAsync(master, """{"type":"GET_LOGGING_LEVEL"}""", json: false)).GetLoggingLevel.Level.ShouldBe(0U);
    }

    [Theory]
    [InlineData("/logging/toggle?level=1")]
    [InlineData("/logging/toggle?duration=1secs")]
    [InlineData("/logging/toggle?level=x&duration=1secs")]
    [InlineData("/logging/toggle?level=-1&duration=1secs")]
    [InlineData("/logging/toggle?level=1&duration=1")]
    [InlineData("/logging/toggle?level=1&duration=1parsec")]
    [InlineData("/metrics/snapshot?timeout=soon")]
    public async Task Half_a_wish_and_a_wrong_one_are_400(string path)
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await master.Http.GetAsync(path);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("""{"type":"SET_LOGGING_LEVEL"}""")]
    [InlineData("""{"type":"SET_LOGGING_LEVEL","set_logging_level":{"level":1}}""")]
    [InlineData("""{"type":"LIST_FILES"}""")]
    [InlineData("""{"type":"READ_FILE"}""")]
    [InlineData("""{"type":"READ_FILE","read_file":{"path":"/master/log"}}""")]
    public async Task A_call_without_its_part_is_400(string call)
    {
        await using var master = await TestMaster.StartAsync();
        using var response = await OperatorCallsTests.PostAsync(master, call, "application/json");
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
    }

    private string LogFile => Path.Combine(_directory.FullName, "plenumd.log");

    private Task<TestMaster> WithLogAsync(string text)
    {
        File.WriteAllText(LogFile, text);
        return TestMaster.StartAsync(with: options => options with { LogFile = LogFile });
    }

    private static async Task<Response> AnswerAsync(TestMaster master, string call, bool json)
    {
        using var response = await OperatorCallsTests.PostAsync(master, call, json ? "application/json" : "application/x-protobuf");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return json ? Protocol.Json.MesosJson.Parse<Response>(bytes) : Response.Parser.ParseFrom(bytes);
    }
}
