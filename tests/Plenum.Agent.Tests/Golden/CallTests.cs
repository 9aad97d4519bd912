using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Golden;

/// <summary>
/// The reading calls of an agent with one task: the bytes of the request in, the whole answer out, the same in JSON and in
/// protobuf. What differs from run to run stands as a letter: N a number of nanoseconds, S seconds, P a port, U a uuid,
/// I a number of processes or bytes, D a directory, W the user.
/// </summary>
public sealed class CallTests(EndpointMapTests.Shared shared) : IClassFixture<EndpointMapTests.Shared>
{
    private static readonly Regex Uuids = new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex Updates = new("(?<name>\"uuid\":)\"[^\"]*\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex Groups = new("(?<name>\"gid\":)\"[^\"]*\"", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex Moments = new("""(?<name>"nanoseconds":)\d{15,}""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex Seconds = new("""(?<name>"timestamp":|"cpus_user_time_secs":|"cpus_system_time_secs":)[0-9.E-]+""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);
    private static readonly Regex Processes = new("""(?<name>"executor_pid":|"port":|"mem_rss_bytes":|"mem_total_bytes":|"processes":|"threads":)\d+""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    public static TheoryData<string, string> Answers() => new()
    {
        { """{"type":"GET_HEALTH"}""", """{"type":"GET_HEALTH","get_health":{"healthy":true}}""" },
        { """{"type":"GET_LOGGING_LEVEL"}""", """{"type":"GET_LOGGING_LEVEL","get_logging_level":{"level":0}}""" },
        { """{"type":"GET_FRAMEWORKS"}""",
            """{"type":"GET_FRAMEWORKS","get_frameworks":{"frameworks":[{"framework_info":{"user":"W","name":"test","id":{"value":"fw"},"failover_timeout":0.0,"checkpoint":true}}]}}""" },
        { """{"type":"GET_EXECUTORS"}""",
            """{"type":"GET_EXECUTORS","get_executors":{"executors":[{"executor_info":{"executor_id":{"value":"t"},"framework_id":{"value":"fw"},"command":{"shell":true,"value":"echo hello; touch done; sleep 1000"},"name":"Command Executor (Task: t) (Command: sh -c 'echo hello; ...')","source":"t"}}]}}""" },
        { """{"type":"GET_TASKS"}""",
            """{"type":"GET_TASKS","get_tasks":{"launched_tasks":[{"name":"t","task_id":{"value":"t"},"framework_id":{"value":"fw"},"agent_id":{"value":"fake-S0"},"state":"TASK_RUNNING","statuses":[{"task_id":{"value":"t"},"state":"TASK_STARTING","source":"SOURCE_EXECUTOR","agent_id":{"value":"fake-S0"},"executor_id":{"value":"t"},"timestamp":S,"uuid":"U","container_status":{"container_id":{"value":"U"}}},{"task_id":{"value":"t"},"state":"TASK_RUNNING","source":"SOURCE_EXECUTOR","agent_id":{"value":"fake-S0"},"executor_id":{"value":"t"},"timestamp":S,"uuid":"U","container_status":{"container_id":{"value":"U"},"network_infos":[{"ip_addresses":[{"protocol":"IPv4","ip_address":"127.0.0.1"}]}],"executor_pid":I}}],"user":"W"}]}}""" },
        { """{"type":"GET_AGENT"}""",
            """{"type":"GET_AGENT","get_agent":{"agent_info":{"hostname":"localhost","port":I,"resources":[{"name":"cpus","type":"SCALAR","scalar":{"value":4.0}},{"name":"disk","type":"SCALAR","scalar":{"value":1000.0}},{"name":"mem","type":"SCALAR","scalar":{"value":1024.0}},{"name":"ports","type":"RANGES","ranges":{"range":[{"begin":31000,"end":31009}]}}],"attributes":[{"name":"rack","type":"TEXT","text":{"value":"r1"}}],"id":{"value":"fake-S0"}}}}""" },
        { """{"type":"GET_CONTAINERS"}""",
            """{"type":"GET_CONTAINERS","get_containers":{"containers":[{"framework_id":{"value":"fw"},"executor_id":{"value":"t"},"executor_name":"Command Executor (Task: t) (Command: sh -c 'echo hello; ...')","container_id":{"value":"U"},"container_status":{"container_id":{"value":"U"},"network_infos":[{"ip_addresses":[{"protocol":"IPv4","ip_address":"127.0.0.1"}]}],"executor_pid":I},"resource_statistics":{"timestamp":S,"mem_rss_bytes":I,"processes":I}}]}}""" },
        { """{"type":"GET_CONTAINERS","get_containers":{"show_nested":true,"show_standalone":true}}""",
            """{"type":"GET_CONTAINERS","get_containers":{"containers":[{"framework_id":{"value":"fw"},"executor_id":{"value":"t"},"executor_name":"Command Executor (Task: t) (Command: sh -c 'echo hello; ...')","container_id":{"value":"U"},"container_status":{"container_id":{"value":"U"},"network_infos":[{"ip_addresses":[{"protocol":"IPv4","ip_address":"127.0.0.1"}]}],"executor_pid":I},"resource_statistics":{"timestamp":S,"mem_rss_bytes":I,"processes":I}}]}}""" },
        { """{"type":"GET_OPERATIONS"}""", """{"type":"GET_OPERATIONS","get_operations":{}}""" },
        { """{"type":"GET_RESOURCE_PROVIDERS"}""", """{"type":"GET_RESOURCE_PROVIDERS","get_resource_providers":{}}""" },
        { """{"type":"LIST_FILES","list_files":{"path":"/frameworks/fw/executors/t/runs/latest"}}""",
            """{"type":"LIST_FILES","list_files":{"file_infos":[{"path":"/frameworks/fw/executors/t/runs/latest/done","nlink":1,"size":0,"mtime":{"nanoseconds":N},"mode":33188,"uid":"W","gid":"W"},{"path":"/frameworks/fw/executors/t/runs/latest/stderr","nlink":1,"size":0,"mtime":{"nanoseconds":N},"mode":33188,"uid":"W","gid":"W"},{"path":"/frameworks/fw/executors/t/runs/latest/stdout","nlink":1,"size":6,"mtime":{"nanoseconds":N},"mode":33188,"uid":"W","gid":"W"}]}}""" },
        { """{"type":"READ_FILE","read_file":{"path":"/frameworks/fw/executors/t/runs/latest/stdout","offset":1,"length":3}}""",
            """{"type":"READ_FILE","read_file":{"size":6,"data":"ZWxs"}}""" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Each_call_has_its_whole_answer_in_both_formats(string call, string answer)
    {
        var json = await PostAsync(call, "application/json");
        Normalise(Encoding.UTF8.GetString(json)).ShouldBe(answer);
        var binary = await PostAsync(call, "application/x-protobuf");
        Normalise(Encoding.UTF8.GetString(MesosJson.Write(Response.Parser.ParseFrom(binary)))).ShouldBe(answer);
    }

    private async Task<byte[]> PostAsync(string call, string format)
    {
        // The request in the answer's format: both directions of both formats are covered.
        var body = format == "application/json" ? Encoding.UTF8.GetBytes(call) : MesosJson.Parse<Call>(Encoding.UTF8.GetBytes(call)).ToByteArray();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(shared.Fixture.Agent.Address, "api/v1"))
        {
            Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(format) } },
        };
        request.Headers.Accept.ParseAdd(format);
        using var response = await shared.Fixture.Http.SendAsync(request);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.ToString().ShouldBe(format);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private string Normalise(string json)
    {
        json = Uuids.Replace(json, "U").Replace(shared.Fixture.Work, "D", StringComparison.Ordinal);
        json = json.Replace($"\"{System.Environment.UserName}\"", "\"W\"", StringComparison.Ordinal);
        json = Updates.Replace(json, "${name}\"U\"");
        json = Groups.Replace(json, "${name}\"W\"");
        json = Moments.Replace(json, """${name}N""");
        json = Seconds.Replace(json, """${name}S""");
        return Processes.Replace(json, """${name}I""");
    }
}
