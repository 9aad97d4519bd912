using System.Text;
using System.Text.Json;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Reading;
using Plenum.Marathon.Persistence;
using Plenum.Metronome.Definitions;
using Plenum.Metronome.Definitions.Reading;
using Plenum.Metronome.Definitions.Validation;
using Plenum.Metronome.Definitions.Writing;

namespace Plenum.Metronome.Tests.Definitions;

public class JobReaderTests
{
    private const string Whole = """
        {
          "id": "prod.reports.sales-2", "description": "sums it up", "labels": {"team": "a"}, "dependencies": [],
          "run": {
            "cpus": 0.5, "mem": 64, "disk": 0, "gpus": 1, "cmd": "run $DAY", "args": ["a"], "user": "nobody",
            "env": {"DAY": "monday", "KEY": {"secret": "key"}}, "secrets": {"key": {"source": "/team/key"}, "file": {"source": "f"}},
            "ucr": {"image": {"id": "alpine", "forcePull": true}, "privileged": false},
            "artifacts": [{"uri": "http://a/b.tgz", "executable": true}],
            "volumes": [{"containerPath": "data", "hostPath": "/mnt", "mode": "RO"}, {"containerPath": "key", "secret": "file"}],
            "networks": [{"mode": "container", "name": "blue", "labels": {"x": "y"}}],
            "placement": {"constraints": [{"attribute": "rack", "operator": "EQ", "value": "r1"}, {"attribute": "zone", "operator": "UNLIKE"}]},
            "maxLaunchDelay": 60, "restart": {"policy": "ON_FAILURE", "activeDeadlineSeconds": 120}, "taskKillGracePeriodSeconds": 9
          },
          "schedules": [{"id": "nightly", "cron": "*/1 2 * * *", "timeZone": "Europe/Berlin", "nextRunAt": ""}]
        }
        """;

    [Fact]
    public void A_whole_job_is_read_written_and_read_back_the_same_also_by_the_store()
    {
        var job = Read(Whole, out var violations);
        violations.ShouldBeEmpty();
        var written = Write(job);

        Read(written, out violations).ShouldBe(job);
        violations.ShouldBeEmpty();
        StoredJson.Read<JobSpec>("k", StoredJson.Write(job)).ShouldBe(job);
    }

    [Fact]
    public void Words_of_old_and_of_other_clients_come_back_in_the_canonical_form()
    {
        var job = Read(Whole, out _);

        job.Run.Constraints[0].Operator.ShouldBe(ConstraintOperator.Is);
        (job.Schedules[0].Cron, job.Schedules[0].TimeZone).ShouldBe(("* 2 * * *", "Europe/Berlin"));
        Write(job).ShouldContain("\"operator\":\"IS\"");
    }

    [Fact]
    public void A_small_job_gets_the_defaults_and_whole_numbers_are_written_without_a_fraction()
    {
        using var written = JsonDocument.Parse(Write(Read("""{"id": "a", "run": {"cmd": "x", "cpus": 0.1, "mem": 128.0, "disk": 0}}""", out _)));
        var run = written.RootElement.GetProperty("run");

        run.GetProperty("mem").GetRawText().ShouldBe("128");
        run.GetProperty("cpus").GetRawText().ShouldBe("0.1");
        run.GetProperty("maxLaunchDelay").GetInt32().ShouldBe(3600);
        run.GetProperty("restart").GetRawText().ShouldBe("""{"policy":"NEVER"}""");
        run.EnumerateObject().Select(static member => member.Name).ShouldBe(
        [
            "cpus", "mem", "disk", "gpus", "cmd", "env", "secrets", "placement", "artifacts", "maxLaunchDelay", "volumes",
            "networks", "restart",
        ]);
        written.RootElement.GetProperty("schedules").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData("\"id\": \"a\"", "\"id\": \"A\"", "/id")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a..b\"", "/id")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a-\"", "/id")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a/b\"", "/id")]
    [InlineData("\"id\": \"a\"", "\"other\": 1", "/other", "/id")]
    [InlineData("\"cpus\": 1", "\"cpus\": 0.001", "/run/cpus")]
    [InlineData("\"cpus\": 1, ", "", "/run/cpus")]
    [InlineData("\"mem\": 32", "\"mem\": 31", "/run/mem")]
    [InlineData("\"disk\": 0", "\"disk\": -1", "/run/disk")]
    [InlineData("\"cmd\": \"x\"", "\"cmdline\": \"x\"", "/run/cmdline")]
    [InlineData("\"cmd\": \"x\"", "\"args\": [\"x\"]", "/run")]
    [InlineData("\"cmd\": \"x\"", "\"docker\": {\"image\": \"i\"}, \"ucr\": {\"image\": {\"id\": \"i\"}}", "/run")]
    [InlineData("\"cmd\": \"x\"", "\"gpus\": 1, \"docker\": {\"image\": \"i\"}", "/run/gpus")]
    [InlineData("\"cmd\": \"x\"", "\"ucr\": {\"image\": {\"id\": \"i\", \"kind\": \"appc\"}}", "/run/ucr/image/kind")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"secrets\": {\"s\": {\"source\": \"p\"}}", "/run/secrets")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"env\": {\"V\": {\"secret\": \"s\"}}", "/run/secrets")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"secrets\": {\"s\": {\"source\": \"p\"}}, \"volumes\": [{\"containerPath\": \"p\", \"secret\": \"s\"}]", "/run/volumes(0)")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"volumes\": [{\"containerPath\": \"p\", \"hostPath\": \"/h\"}]", "/run/volumes(0)/mode")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"networks\": [{\"mode\": \"container/bridge\"}]", "/run/networks")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"restart\": {\"policy\": \"ALWAYS\"}", "/run/restart/policy")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"placement\": {\"constraints\": [{\"attribute\": \"a\", \"operator\": \"UNIQUE\"}]}", "/run/placement/constraints(0)/operator")]
    [InlineData("\"cmd\": \"x\"", "\"cmd\": \"x\", \"placement\": {\"constraints\": [{\"attribute\": \"a\", \"operator\": \"LIKE\", \"value\": \"(\"}]}", "/run/placement/constraints(0)/value")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"dependencies\": [{\"id\": \"a\"}]", "/dependencies(0)/id")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"dependencies\": [{\"id\": \"b\"}, {\"id\": \"b\"}]", "/dependencies(1)/id")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"schedules\": [{\"id\": \"s\", \"cron\": \"* * * * *\"}]", "/schedules(0)/id")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"schedules\": [{\"id\": \"ss\", \"cron\": \"x\"}]", "/schedules(0)/cron")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"schedules\": [{\"id\": \"ss\", \"cron\": \"* * * * *\", \"timezone\": \"Mars/North\"}]", "/schedules(0)/timezone")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"schedules\": [{\"id\": \"ss\", \"cron\": \"* * * * *\", \"timezone\": \"../../../etc/passwd\"}]", "/schedules(0)/timezone")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"schedules\": [{\"id\": \"ss\", \"cron\": \"* * * * *\", \"startingDeadlineSeconds\": 59}]", "/schedules(0)/startingDeadlineSeconds")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"schedules\": [{\"id\": \"ss\", \"cron\": \"* * * * *\", \"concurrencyPolicy\": \"MAYBE\"}]", "/schedules(0)/concurrencyPolicy")]
    [InlineData("\"id\": \"a\"", "\"id\": \"a\", \"dependencies\": [{\"id\": \"b\"}], \"schedules\": [{\"id\": \"ss\", \"cron\": \"* * * * *\"}]", "/schedules")]
    public void A_mistake_is_named_by_the_path_of_its_field(string right, string wrong, params string[] paths)
    {
        const string Good = """{"id": "a", "run": {"cpus": 1, "mem": 32, "disk": 0, "cmd": "x"}}""";
        Good.ShouldContain(right);
        Read(Good, out var none);
        none.ShouldBeEmpty();

        Read(Good.Replace(right, wrong, StringComparison.Ordinal), out var violations);

        violations.Select(static violation => violation.Key).ShouldBe(paths, ignoreOrder: true);
    }

    private static JobSpec Read(string json, out List<KeyValuePair<string, IReadOnlyList<string>>> violations)
    {
        var parsed = DefinitionDocument.Read(Encoding.UTF8.GetBytes(json), static field => JobReader.Read(field));
        var found = parsed.Failure?.Violations ?? new Violations();
        if (parsed.Value is { } job)
        {
            JobValidator.Validate(job, defaultNetwork: null, found);
        }

        violations = [.. found.ByPath];
        return parsed.Value!;
    }

    private static string Write(JobSpec job)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            JobWriter.Write(writer, job, now: null);
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}
