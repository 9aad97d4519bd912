using System.Net;
using System.Text.Json;
using Plenum.Master.Tests.Cluster;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Master.Tests.State;

/// <summary>The v0 answers key by key: dashboards, DNS and routers index them without asking.</summary>
public sealed class ShapeTests
{
    private const string AgentKeys =
        "id hostname port attributes pid registered_time resources used_resources offered_resources "
        + "reserved_resources unreserved_resources active deactivated version capabilities";

    private const string FrameworkSummaryKeys =
        "id name used_resources offered_resources capabilities hostname webui_url active connected recovered";

    private const string StateCountKeys =
        "TASK_STAGING TASK_STARTING TASK_RUNNING TASK_KILLING TASK_FINISHED TASK_KILLED TASK_FAILED TASK_LOST "
        + "TASK_ERROR TASK_UNREACHABLE";

    [Fact]
    public async Task State()
    {
        await using var cluster = await RunningAsync();
        var state = await cluster.Master.GetJsonAsync("/state");
        Keys(state).ShouldBe(Words(
            "version git_sha git_branch git_tag build_date build_time build_user start_time elected_time id pid "
            + "hostname capabilities activated_slaves deactivated_slaves unreachable_slaves leader leader_info cluster "
            + "flags slaves recovered_slaves frameworks completed_frameworks orphan_tasks unregistered_frameworks"));
        state.GetProperty("pid").GetString().ShouldBe($"master@127.0.0.1:{cluster.Master.Server.Address.Port}");
        state.GetProperty("leader").GetString().ShouldBe(state.GetProperty("pid").GetString());
        state.GetProperty("activated_slaves").GetRawText().ShouldBe("1");
        state.GetProperty("elected_time").GetDouble().ShouldBeGreaterThanOrEqualTo(
            state.GetProperty("start_time").GetDouble());
        Keys(state.GetProperty("leader_info")).ShouldBe(Words("id pid port hostname"));
        Keys(state.GetProperty("slaves")[0]).ShouldBe(Words(AgentKeys));
        var framework = state.GetProperty("frameworks")[0];
        Keys(framework).ShouldBe(Words(
            FrameworkSummaryKeys + " user failover_timeout checkpoint registered_time unregistered_time resources roles "
            + "tasks unreachable_tasks completed_tasks offers executors labels"));
        framework.GetProperty("failover_timeout").GetRawText().ShouldBe("3600.0");
        framework.GetProperty("roles")[0].GetString().ShouldBe("*");
        Task(framework.GetProperty("tasks")[0], cluster);
    }

    [Fact]
    public async Task State_asked_again_shows_what_changed_and_what_did_not()
    {
        await using var cluster = await RunningAsync();
        var first = await TasksAsync();
        (await TasksAsync()).GetRawText().ShouldBe(first.GetRawText());
        await cluster.Agent.UpdateAsync(cluster.Framework.Id, "t1", TaskState.TaskFailed);
        await cluster.Framework.NextAsync(Event.Types.Type.Update);
        var later = (await TasksAsync())[0];
        later.GetProperty("state").GetString().ShouldBe("TASK_FAILED");
        later.GetProperty("statuses").GetArrayLength().ShouldBe(first[0].GetProperty("statuses").GetArrayLength() + 1);

        async Task<JsonElement> TasksAsync() =>
            (await cluster.Master.GetJsonAsync("/state")).GetProperty("frameworks")[0].GetProperty("tasks");
    }

    [Fact]
    public async Task Agent_values()
    {
        await using var cluster = await RunningAsync();
        var agent = (await cluster.Master.GetJsonAsync("/slaves")).GetProperty("slaves")[0];
        Keys(agent).ShouldBe(Words(
            AgentKeys + " reserved_resources_full unreserved_resources_full used_resources_full offered_resources_full"));
        agent.GetProperty("pid").GetString().ShouldBe("slave(1)@192.0.2.7:5051");
        agent.GetProperty("port").GetInt32().ShouldBe(5051);
        agent.GetProperty("attributes").GetRawText().ShouldBe("""{"rack":"r1","size":4.0}""");
        agent.GetProperty("resources").GetRawText().ShouldBe(
            """{"cpus":4.0,"gpus":0.0,"mem":4096.0,"disk":1000.0,"ports":"[31000-31099]"}""");
        agent.GetProperty("used_resources").GetRawText().ShouldBe(
            """{"cpus":0.1,"gpus":0.0,"mem":32.0,"disk":0.0}""");
        agent.GetProperty("reserved_resources").GetRawText().ShouldBe("{}");
        agent.GetProperty("capabilities").EnumerateArray().Select(c => c.GetString())
            .ShouldBe(["MULTI_ROLE", "RESERVATION_REFINEMENT", "AGENT_OPERATION_FEEDBACK"], ignoreOrder: true);
        agent.GetProperty("unreserved_resources_full")[0].GetProperty("role").GetString().ShouldBe("*");
        (await cluster.Master.GetJsonAsync("/slaves?slave_id=other")).GetProperty("slaves").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task Reservations_are_shown_by_role_and_revocables_apart()
    {
        await using var master = await TestMaster.StartAsync();
        var registration = TestAgent.Registration("cpus:4;mem:1024;cpus(ops):2;mem(ops):512");
        var revocable = TestFramework.Scalar("cpus", 1.5);
        revocable.Revocable = new Resource.Types.RevocableInfo();
        registration.AgentInfo.Resources.Add(revocable);
        await using var agent = await TestAgent.RegisterAsync(master.Server.Address, registration);
        var shown = (await master.GetJsonAsync("/slaves")).GetProperty("slaves")[0];
        shown.GetProperty("reserved_resources").GetRawText().ShouldBe(
            """{"ops":{"cpus":2.0,"gpus":0.0,"mem":512.0,"disk":0.0}}""");
        shown.GetProperty("resources").GetRawText().ShouldBe(
            """{"cpus":6.0,"gpus":0.0,"mem":1536.0,"disk":0.0,"cpus_revocable":1.5}""");
        var full = shown.GetProperty("reserved_resources_full").GetProperty("ops")[0];
        full.GetProperty("role").GetString().ShouldBe("ops");
        full.GetProperty("reservations")[0].GetProperty("type").GetString().ShouldBe("STATIC");
    }

    [Fact]
    public async Task State_summary()
    {
        await using var cluster = await RunningAsync();
        var summary = await cluster.Master.GetJsonAsync("/state-summary");
        Keys(summary).ShouldBe(Words("hostname cluster slaves frameworks"));
        var agent = summary.GetProperty("slaves")[0];
        Keys(agent).ShouldBe(Words(AgentKeys + " " + StateCountKeys + " framework_ids"));
        agent.GetProperty("TASK_RUNNING").GetInt32().ShouldBe(1);
        agent.GetProperty("framework_ids")[0].GetString().ShouldBe(cluster.Framework.Id.Value);
        var framework = summary.GetProperty("frameworks")[0];
        Keys(framework).ShouldBe(Words(FrameworkSummaryKeys + " " + StateCountKeys + " slave_ids"));
        framework.GetProperty("slave_ids")[0].GetString().ShouldBe(cluster.Agent.Id.Value);
        framework.GetProperty("TASK_RUNNING").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Frameworks_of_one_role_show_role_instead_of_roles()
    {
        await using var master = await TestMaster.StartAsync();
        await using var framework = await master.FrameworkAsync(with: info =>
        {
            info.Capabilities.Clear();
            info.Roles.Clear();
            info.Role = "ops";
            return info;
        });
        var shown = await master.GetJsonAsync("/frameworks");
        Keys(shown).ShouldBe(Words("frameworks completed_frameworks unregistered_frameworks"));
        shown.GetProperty("frameworks")[0].GetProperty("role").GetString().ShouldBe("ops");
        shown.GetProperty("frameworks")[0].TryGetProperty("roles", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Roles()
    {
        await using var cluster = await RunningAsync();
        var role = (await cluster.Master.GetJsonAsync("/roles")).GetProperty("roles")[0];
        Keys(role).ShouldBe(Words("name weight quota resources allocated offered reserved frameworks"));
        Keys(role.GetProperty("quota")).ShouldBe(Words("role guarantee limit consumed"));
        role.GetProperty("name").GetString().ShouldBe("*");
        role.GetProperty("weight").GetRawText().ShouldBe("1.0");
        role.GetProperty("allocated").GetProperty("mem").GetRawText().ShouldBe("32.0");
        role.GetProperty("frameworks")[0].GetString().ShouldBe(cluster.Framework.Id.Value);
    }

    [Fact]
    public async Task Task_list_pages_orders_and_filters()
    {
        await using var cluster = await RunningAsync();
        var all = (await cluster.Master.GetJsonAsync("/tasks")).GetProperty("tasks");
        all.GetArrayLength().ShouldBe(1);
        Task(all[0], cluster);
        (await CountAsync("?limit=0")).ShouldBe(0);
        (await CountAsync("?offset=1")).ShouldBe(0);
        (await CountAsync("?task_id=t1&order=asc")).ShouldBe(1);
        (await CountAsync("?task_id=t2")).ShouldBe(0);
        (await CountAsync($"?framework_id={cluster.Framework.Id.Value}")).ShouldBe(1);
        (await CountAsync("?framework_id=other")).ShouldBe(0);
        foreach (var bad in (string[])["?limit=x", "?limit=-1", "?order=up", "?offset=1.5"])
        {
            using var response = await cluster.Master.Http.GetAsync($"/tasks{bad}");
            response.StatusCode.ShouldBe(HttpStatusCode.BadRequest, bad);
        }

        async Task<int> CountAsync(string query) =>
            (await cluster.Master.GetJsonAsync($"/tasks{query}")).GetProperty("tasks").GetArrayLength();
    }

    [Fact]
    public async Task Metrics_have_the_names_that_dashboards_ask_for()
    {
        await using var cluster = await RunningAsync();
        var metrics = await cluster.Master.GetJsonAsync("/metrics/snapshot?timeout=10secs");
        Value("master/elected").ShouldBe(1);
        Value("master/slaves_active").ShouldBe(1);
        Value("master/slave_registrations").ShouldBe(1);
        Value("master/frameworks_connected").ShouldBe(1);
        Value("master/tasks_running").ShouldBe(1);
        Value("master/tasks_lost").ShouldBe(0);
        Value("master/cpus_total").ShouldBe(4);
        Value("master/cpus_used").ShouldBe(0.1);
        Value("master/cpus_percent").ShouldBe(0.025);
        Value("master/messages_register_framework").ShouldBe(1);
        Value("master/messages_register_slave").ShouldBe(1);
        Value("master/messages_launch_tasks").ShouldBe(1);
        Value("master/messages_status_update").ShouldBe(1);
        Value("master/messages_kill_task").ShouldBe(0);
        Value("system/cpus_total").ShouldBeGreaterThan(0);
        Value("master/uptime_secs").ShouldBeGreaterThan(0);
        metrics.EnumerateObject().ShouldAllBe(metric => metric.Value.ValueKind == JsonValueKind.Number);

        await cluster.Agent.UpdateAsync(cluster.Framework.Id, "t1", TaskState.TaskFailed);
        await cluster.Framework.AcknowledgeAsync(
            (await cluster.Framework.NextAsync(Event.Types.Type.Update)).Update.Status);
        metrics = await cluster.Master.GetJsonAsync("/metrics/snapshot");
        Value("master/tasks_failed").ShouldBe(1);
        Value("master/task_failed/source_executor").ShouldBe(1);
        Value("registrar/state_store_ms/count").ShouldBeGreaterThan(0);
        Value("registrar/state_store_ms/p50").ShouldBeLessThanOrEqualTo(Value("registrar/state_store_ms/max"));
        Value("registrar/state_fetch_ms/count").ShouldBe(1);

        Value("allocator/mesos/allocation_runs").ShouldBeGreaterThan(0);
        Value("allocator/mesos/allocation_run_ms/count").ShouldBeGreaterThan(0);
        Value("allocator/mesos/allocation_run_ms/p99").ShouldBeGreaterThan(0);
        Value("allocator/mesos/allocation_run_latency_ms/count").ShouldBe(Value("allocator/mesos/allocation_run_ms/count"));
        Value("allocator/mesos/allocation_run_latency_ms/p50").ShouldBeGreaterThanOrEqualTo(0);
        Value("allocator/mesos/event_queue_dispatches").ShouldBe(Value("allocator/event_queue_dispatches"));
        Value("allocator/mesos/resources/cpus/total").ShouldBe(4);
        Value("allocator/mesos/resources/disk/offered_or_allocated").ShouldBeLessThanOrEqualTo(Value("allocator/mesos/resources/disk/total"));

        var info = TestFramework.Info();
        var own = $"master/frameworks/{Uri.EscapeDataString(info.Name)}/{cluster.Framework.Id.Value}/";
        Value($"{own}subscribed").ShouldBe(1);
        Value($"{own}calls/accept").ShouldBe(1);
        Value($"{own}calls").ShouldBeGreaterThanOrEqualTo(2);
        Value($"{own}events/subscribed").ShouldBe(1);
        Value($"{own}offers/accepted").ShouldBe(1);
        Value($"{own}operations/launch").ShouldBe(1);
        Value($"{own}tasks/terminal/task_failed").ShouldBe(1);

        double Value(string name) => metrics.GetProperty(name).GetDouble();
    }

    [Fact]
    public async Task An_answer_given_again_is_never_older_than_the_last_change()
    {
        await using var cluster = await RunningAsync();
        var first = await cluster.Master.Http.GetByteArrayAsync("/state");
        (await cluster.Master.Http.GetByteArrayAsync("/state")).ShouldBe(first);

        await cluster.Agent.UpdateAsync(cluster.Framework.Id, "t1", TaskState.TaskFailed);
        await cluster.Framework.NextAsync(Event.Types.Type.Update);
        var task = (await cluster.Master.GetJsonAsync("/state")).GetProperty("frameworks")[0].GetProperty("tasks")[0];
        task.GetProperty("state").GetString().ShouldBe("TASK_FAILED");

        // What tells the time is not given again.
        var uptime = (await cluster.Master.GetJsonAsync("/metrics/snapshot")).GetProperty("master/uptime_secs").GetDouble();
        (await cluster.Master.GetJsonAsync("/metrics/snapshot")).GetProperty("master/uptime_secs").GetDouble().ShouldBeGreaterThan(uptime);
    }

    [Fact]
    public async Task Requests_at_the_same_time_all_get_a_whole_answer()
    {
        await using var cluster = await RunningAsync();
        var answers = await System.Threading.Tasks.Task.WhenAll(
            Enumerable.Range(0, 50).Select(_ => cluster.Master.GetJsonAsync("/state")));
        answers.ShouldAllBe(state => state.GetProperty("frameworks")[0].GetProperty("tasks").GetArrayLength() == 1);
    }

    private static void Task(JsonElement task, Running cluster)
    {
        Keys(task).ShouldBe(Words(
            "id name framework_id executor_id slave_id state resources role statuses user labels discovery container"));
        task.GetProperty("id").GetString().ShouldBe("t1");
        task.GetProperty("name").GetString().ShouldBe("name of t1");
        task.GetProperty("executor_id").GetString().ShouldBe("");
        task.GetProperty("slave_id").GetString().ShouldBe(cluster.Agent.Id.Value);
        task.GetProperty("framework_id").GetString().ShouldBe(cluster.Framework.Id.Value);
        task.GetProperty("state").GetString().ShouldBe("TASK_RUNNING");
        task.GetProperty("role").GetString().ShouldBe("*");
        task.GetProperty("resources").GetRawText().ShouldBe("""{"cpus":0.1,"gpus":0.0,"mem":32.0,"disk":0.0}""");
        task.GetProperty("labels").GetRawText().ShouldBe("""[{"key":"team","value":"a"}]""");
        task.GetProperty("discovery").GetProperty("visibility").GetString().ShouldBe("CLUSTER");
        task.GetProperty("container").GetProperty("type").GetString().ShouldBe("MESOS");
        var status = task.GetProperty("statuses").EnumerateArray().Last();
        Keys(status).ShouldBe(Words("state timestamp container_status healthy"));
        status.GetProperty("timestamp").GetRawText().ShouldBe("1700000000.5");
        status.GetProperty("container_status").GetProperty("network_infos")[0].GetProperty("ip_addresses")[0]
            .GetProperty("ip_address").GetString().ShouldBe("192.0.2.9");
    }

    private static IEnumerable<string> Keys(JsonElement element) =>
        element.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Words(string keys) => keys.Split(' ').Order(StringComparer.Ordinal);

    /// <summary>A cluster with one agent and one framework whose one task runs.</summary>
    private static async Task<Running> RunningAsync()
    {
        var master = await TestMaster.StartAsync();
        var agent = await master.AgentAsync();
        var framework = await master.FrameworkAsync();
        var offer = await framework.OfferAsync();
        var task = TestFramework.TaskOn(offer, "t1");
        task.Labels = new Labels { Labels_ = { new Label { Key = "team", Value = "a" } } };
        task.Discovery = new DiscoveryInfo { Visibility = DiscoveryInfo.Types.Visibility.Cluster, Name = "t" };
        task.Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos };
        await framework.TakenAsync(new Call
        {
            Type = Call.Types.Type.Accept,
            Accept = new Call.Types.Accept
            {
                OfferIds = { offer.Id },
                Filters = new Filters { RefuseSeconds = 1000 },
                Operations =
                {
                    new Offer.Types.Operation
                    {
                        Type = Offer.Types.Operation.Types.Type.Launch,
                        Launch = new Offer.Types.Operation.Types.Launch { TaskInfos = { task } },
                    },
                },
            },
        });
        await agent.NextAsync(MasterMessage.MessageOneofCase.RunTask);
        var update = agent.Update(framework.Id, "t1", TaskState.TaskRunning);
        update.StatusUpdate.Status.Healthy = true;
        update.StatusUpdate.Status.ContainerStatus = new ContainerStatus
        {
            NetworkInfos =
            {
                new NetworkInfo
                {
                    IpAddresses = { new NetworkInfo.Types.IPAddress { IpAddress = "192.0.2.9" } },
                },
            },
        };
        await agent.SendAsync(update);
        await framework.AcknowledgeAsync((await framework.NextAsync(Event.Types.Type.Update)).Update.Status);
        return new Running(master, agent, framework);
    }

    private sealed record Running(TestMaster Master, TestAgent Agent, TestFramework Framework) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Framework.DisposeAsync();
            await Agent.DisposeAsync();
            await Master.DisposeAsync();
        }
    }
}
