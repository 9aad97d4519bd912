using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Headers;
using Plenum.Agent.Tests.Containers;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using ExecutorCall = Plenum.Protocol.V1.Executor.Call;
using ExecutorEvent = Plenum.Protocol.V1.Executor.Event;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>Containers of the operator API live on when their agent ends, and its next start knows them (mesos.md 6.8, 6.10).</summary>
public sealed class CalledContainerRecoveryTests
{
    /// <summary>Says once that it began, and ends when told.</summary>
    private const string Waiting = "echo began >> begun; while [ ! -f go ]; do sleep 0.02; done; touch gone; exit 7";

    [RootFact]
    public async Task An_executors_child_is_the_same_process_after_a_restart_and_a_repeated_wait_gets_its_exit()
    {
        await using var fixture = await AgentFixture.StartWithContainersAsync(
            static options => options with { Executors = options.Executors with { ReregistrationTimeout = TimeSpan.FromHours(1) } });
        fixture.Master.Run(FakeMaster.Task("t", "", static task =>
        {
            task.Command = null;
            task.Executor = new ExecutorInfo
            {
                ExecutorId = new ExecutorID { Value = "ex" },
                Command = new CommandInfo { Value = "sleep 1000" },
            };
        }));
        ContainerID parent;
        using (var stream = await SubscribeAsync(fixture))
        {
            parent = await ContainerOfAsync(stream);
        }

        await RunsAsync(fixture);
        var child = new ContainerID { Value = "child", Parent = parent };
        var second = new ContainerID { Value = "grandchild", Parent = child };
        var sandbox = Path.Join(fixture.Work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors/ex/runs", parent.Value, "containers", "child");
        await LaunchAsync(fixture.Http, fixture.Agent.Address, child, Waiting);
        await LaunchAsync(fixture.Http, fixture.Agent.Address, second, Waiting);
        await LineIn.FileAsync(Path.Join(sandbox, "begun"), "began");
        await LineIn.FileAsync(Path.Join(sandbox, "containers", "grandchild", "begun"), "began");
        var wait = BrokenOffAsync(WaitAsync(fixture.Http, fixture.Agent.Address, child));

        await fixture.RestartAgentAsync();

        (await wait).ShouldBeTrue("no exit was made up");

        using var again = await SubscribeAsync(fixture);
        (await ContainerOfAsync(again)).ShouldBe(parent);
        await EndAsync(fixture.Http, fixture.Agent.Address, second, Path.Join(sandbox, "containers", "grandchild"));
        await EndAsync(fixture.Http, fixture.Agent.Address, child, sandbox);
        await LaunchAsync(fixture.Http, fixture.Agent.Address, new ContainerID { Value = "later", Parent = parent }, "true");
    }

    [Fact]
    public async Task After_kill_9_nested_and_standalone_ones_run_on_and_those_that_ended_meanwhile_have_their_true_exit()
    {
        var work = Directory.CreateTempSubdirectory("plenum-agent-").FullName;
        await using var master = await FakeMaster.StartAsync();
        using var http = new HttpClient { Timeout = Patience.Limit };
        ContainerID alone = new() { Value = "alone" };
        ContainerID early;
        ContainerID[] nested;
        string[] sandboxes;
        using (var child = ChildAgent.Start(master.Address, work))
        {
            var address = AddressOf(await master.RegistrationAsync());
            var parents = new[] { await ParentAsync(master, "one"), await ParentAsync(master, "two") };

            // The same name below two parents.
            nested = [.. parents.Select(static parent => new ContainerID { Value = "inside", Parent = parent })];
            early = new ContainerID { Value = "early", Parent = parents[0] };
            sandboxes = [.. parents.Zip(["one", "two"], (parent, task) => Path.Join(
                work, "slaves", FakeMaster.AgentId, "frameworks/fw/executors", task, "runs", parent.Value, "containers", "inside"))];
            foreach (var id in nested.Append(early).Append(alone))
            {
                await LaunchAsync(http, address, id, Waiting);
            }

            await Task.WhenAll(sandboxes.Append(Path.Join(work, "containers", "alone"))
                .Select(static sandbox => LineIn.FileAsync(Path.Join(sandbox, "begun"), "began")));
            await child.KillAsync();
            var ends = Path.Join(Path.GetDirectoryName(sandboxes[0]), "early");
            await System.IO.File.WriteAllTextAsync(Path.Join(ends, "go"), "");
            await FileEvents.CreatedAsync(Path.Join(ends, "gone"));
        }

        await using var next = await RecoveredFixture.StartAsync(master, work);
        var now = AddressOf(next.Registration);
        using (var ended = await WaitAsync(http, now, early))
        {
            (await ExitOfAsync(ended)).ShouldBe(7 << 8);
        }

        await EndAsync(http, now, nested[0], sandboxes[0]);
        await EndAsync(http, now, nested[1], sandboxes[1]);
        await EndAsync(http, now, alone, Path.Join(work, "containers", "alone"));
    }

    // The test speaks for the executor, and may do so before its process is there.
    private static async Task RunsAsync(AgentFixture fixture)
    {
        var patience = Patience.Token();
        var call = new Call { Type = Call.Types.Type.GetContainers, GetContainers = new Call.Types.GetContainers() };
        while ((await fixture.CallAsync(call)).GetContainers.Containers.SingleOrDefault() is not { ContainerStatus.ExecutorPid: > 0 })
        {
            patience.ThrowIfCancellationRequested();
        }
    }

    private static async Task<ContainerID> ParentAsync(FakeMaster master, string task)
    {
        master.Run(FakeMaster.Task(task, "sleep 1000"));
        return (await master.UpdateAsync(task, TaskState.TaskRunning)).ContainerStatus.ContainerId;
    }

    private static async Task LaunchAsync(HttpClient http, Uri agent, ContainerID id, string command)
    {
        using var response = await CallAsync(http, agent, new Call
        {
            Type = Call.Types.Type.LaunchContainer,
            LaunchContainer = new Call.Types.LaunchContainer { ContainerId = id, Command = new CommandInfo { Value = command } },
        });
        response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync());
    }

    /// <summary>It is told to end and says how it ended; it began once.</summary>
    private static async Task EndAsync(HttpClient http, Uri agent, ContainerID id, string sandbox)
    {
        await System.IO.File.WriteAllTextAsync(Path.Join(sandbox, "go"), "");
        using var wait = await WaitAsync(http, agent, id);
        (await ExitOfAsync(wait)).ShouldBe(7 << 8);
        (await System.IO.File.ReadAllLinesAsync(Path.Join(sandbox, "begun"))).ShouldBe(["began"]);
    }

    private static Task<HttpResponseMessage> WaitAsync(HttpClient http, Uri agent, ContainerID id) => CallAsync(http, agent, new Call
    {
        Type = Call.Types.Type.WaitContainer,
        WaitContainer = new Call.Types.WaitContainer { ContainerId = id },
    });

    /// <summary>Whether a call got what makes executors repeat it: 503, or nothing where the agent was gone before it came.</summary>
    private static async Task<bool> BrokenOffAsync(Task<HttpResponseMessage> call)
    {
        try
        {
            using var response = await call;
            return response.StatusCode == HttpStatusCode.ServiceUnavailable;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }

    private static async Task<int> ExitOfAsync(HttpResponseMessage wait)
    {
        wait.StatusCode.ShouldBe(HttpStatusCode.OK, await wait.Content.ReadAsStringAsync());
        return MesosJson.Parse<Response>(await wait.Content.ReadAsByteArrayAsync()).WaitContainer.ExitStatus;
    }

    private static async Task<HttpResponseMessage> CallAsync(HttpClient http, Uri agent, Call call)
    {
        using var content = new ByteArrayContent(MesosJson.Write(call)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await http.PostAsync(new Uri(agent, "api/v1"), content);
    }

    private static Uri AddressOf(Protocol.Link.V1.AgentMessage.Types.Register registration) =>
        new($"http://127.0.0.1:{registration.Address.Port}/");

    // The executor is known once the agent has taken the task.
    private static async Task<HttpResponseMessage> SubscribeAsync(AgentFixture fixture)
    {
        var patience = Patience.Token();
        while (true)
        {
            var response = await fixture.PostAsync("api/v1/executor", new ExecutorCall
            {
                Type = ExecutorCall.Types.Type.Subscribe,
                FrameworkId = FakeMaster.Framework().Id,
                ExecutorId = new ExecutorID { Value = "ex" },
                Subscribe = new ExecutorCall.Types.Subscribe(),
            });
            if (response.StatusCode != HttpStatusCode.BadRequest || patience.IsCancellationRequested)
            {
                response.StatusCode.ShouldBe(HttpStatusCode.OK);
                return response;
            }

            response.Dispose();
        }
    }

    private static async Task<ContainerID> ContainerOfAsync(HttpResponseMessage stream)
    {
        var events = new RecordReader(PipeReader.Create(await stream.Content.ReadAsStreamAsync()));
        return (await events.ReadMessageAsync(ExecutorEvent.Parser, json: true, Patience.Token())).ShouldNotBeNull().Subscribed.ContainerId;
    }
}
