using System.Text.Json;
using Plenum.Cli.Tests.Harness;

namespace Plenum.Cli.Tests.Apps;

public sealed class AppReadTests : CliTest
{
    private const string Apps = """
        {"apps":[
          {"id":"/web","instances":3,"tasksRunning":2,"tasksHealthy":1,"healthChecks":[{}],"cpus":0.1,"mem":32.0,"cmd":"serve\n--fast","container":{"docker":{"image":"nginx:1"}},"deployments":[{"id":"d1"}]},
          {"id":"/batch","instances":1,"tasksRunning":1,"cpus":1,"mem":128,"args":["run","it"],"deployments":[]}
        ]}
        """;

    [Fact]
    public async Task Apps_are_a_table_for_people()
    {
        Cluster.Answer("GET", "/marathon/v2/apps", Apps);
        (await Cluster.RunAsync("app", "list")).ShouldBe(new CliRun(0, """
            ID       RUNNING   HEALTHY   CPUS   MEM   DEPLOYMENT   RUNS
            /batch   1/1       -         1      128   -            run it
            /web     2/3       1/3       0.1    32    d1           nginx:1: serve --fast

            """, ""));
    }

    [Fact]
    public async Task Apps_are_the_objects_of_the_API_for_programs()
    {
        Cluster.Answer("GET", "/marathon/v2/apps", Apps);
        var run = await Cluster.RunAsync("app", "list", "--json");
        using var json = JsonDocument.Parse(run.Output);
        json.RootElement.EnumerateArray().Select(app => app.GetProperty("id").GetString()).ShouldBe(["/web", "/batch"]);
        run.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_pipe_gets_each_row_on_one_line_however_long()
    {
        var id = "/" + new string('x', 300);
        Cluster.Answer("GET", "/marathon/v2/apps", $$"""{"apps":[{"id":"{{id}}","instances":1}]}""");
        (await Cluster.RunAsync("app", "list")).Output.Split('\n').ShouldContain(line => line.StartsWith(id + "   ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_apps_yet_says_how_to_add_one_and_is_an_empty_array_for_programs()
    {
        Cluster.Answer("GET", "/marathon/v2/apps", """{"apps":[]}""");
        (await Cluster.RunAsync("app", "list")).Output.ShouldBe("no apps yet; ./plenum app add FILE adds one\n");
        (await Cluster.RunAsync("app", "list", "--json")).Output.ShouldBe("[]\n");
    }

    [Fact]
    public async Task One_app_is_shown_with_its_tasks_and_last_failure_but_not_with_the_values_of_its_environment()
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web", """
            {"app":{"id":"/web","version":"2026-03-01T11:00:00.000Z","cmd":"serve","instances":2,"tasksRunning":1,"tasksStaged":1,
              "cpus":0.5,"mem":64,"disk":0,"env":{"PASSWORD":"hunter2"},"labels":{"team":"a"},"constraints":[["hostname","UNIQUE"]],
              "healthChecks":[{}],"tasksHealthy":1,"tasksUnhealthy":0,
              "lastTaskFailure":{"state":"TASK_FAILED","timestamp":"2026-03-01T11:57:00.000Z","host":"h1","message":"exited with status 1"},
              "tasks":[{"id":"web.1","state":"TASK_RUNNING","host":"h1","ports":[31000,31001],"startedAt":"2026-03-01T10:00:00.000Z","healthCheckResults":[{"alive":true}]}]}}
            """);
        (await Cluster.RunAsync("app", "show", "web")).ShouldBe(new CliRun(0, """
            app           /web
            version       2026-03-01T11:00:00.000Z
            command       serve
            instances     1 of 2 running, 1 staged
            health        1 healthy, 0 unhealthy
            resources     0.5 cpus, 64 MB memory, 0 MB disk
            constraints   hostname UNIQUE
            labels        team=a
            environment   PASSWORD
            last failure  TASK_FAILED 3m ago on h1: exited with status 1

            TASK    STATE          HEALTH    HOST   PORTS         SINCE
            web.1   TASK_RUNNING   healthy   h1     31000 31001   2h

            """, ""));
    }

    [Fact]
    public async Task An_earlier_version_is_asked_for_by_its_time()
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web/versions/2026-01-01T00%3A00%3A00.000Z", """{"id":"/web","instances":7}""");
        var run = await Cluster.RunAsync("app", "show", "web", "--version", "2026-01-01T00:00:00.000Z");
        run.Output.ShouldContain("instances  7\n");
    }

    [Fact]
    public async Task Versions_are_one_a_line_and_an_array_for_programs()
    {
        Cluster.Answer("GET", "/marathon/v2/apps/web/versions", """{"versions":["b","a"]}""");
        (await Cluster.RunAsync("app", "versions", "web")).Output.ShouldBe("b\na\n");
        using var json = JsonDocument.Parse((await Cluster.RunAsync("app", "versions", "web", "--json")).Output);
        json.RootElement.GetArrayLength().ShouldBe(2);
    }
}
