using System.Globalization;
using Microsoft.AspNetCore.Http;
using Plenum.Agent.Containers.Users;
using Plenum.Agent.Tests.Containers.Users;
using Plenum.Agent.Tests.Fetching;
using Plenum.Agent.Tests.Images;
using Plenum.Agent.Tests.Networking;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Json;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Leaks;

/// <summary>
/// SIGKILL of a real agent with real containers: at steps of its disk, which come before and after every decision, and
/// before and after what the container runtime does for it. The in-process crash tests visit every step of the book;
/// these see that the machine agrees.
/// </summary>
public sealed class KillNineTests
{
    /// <summary>Agents of a usual run; <c>PLENUM_KILL_LIVES</c> sets another number.</summary>
    private const int UsualLives = 10;

    /// <summary>From one life's step to the next one's: start, launch, kill and acknowledgements come up within the usual ten.</summary>
    private const int Stride = 5;

    [NetworkFact]
    public async Task At_steps_of_its_disk_no_task_is_lost_or_ended_and_nothing_stays_behind()
    {
        var lives = int.TryParse(System.Environment.GetEnvironmentVariable("PLENUM_KILL_LIVES"), CultureInfo.InvariantCulture, out var asked)
            ? asked
            : UsualLives;
        await using var world = new KilledLives();
        for (var life = 0; life < lives; life++)
        {
            await world.LiveAsync([$"t{life}"], doomed: [$"t{life - 1}"], diesAt: 1 + (life * Stride));
        }

        await world.SettleAsync();
    }

    [NetworkTheory]
    [InlineData("before", "create")]
    [InlineData("after", "create")]
    [InlineData("before", "start")]
    [InlineData("after", "start")]
    public async Task While_the_runtime_works_the_container_is_adopted_or_removed_whole(string when, string verb) =>
        await DieAtAsync(when, "crun", verb, static (master, task) => master.Run(FakeMaster.Task(task, "exec sleep 1000")));

    [NetworkTheory]
    [InlineData("before", "crun", "create")]
    [InlineData("after", "crun", "create")]
    [InlineData("before", "crun", "start")]
    [InlineData("after", "crun", "start")]
    public async Task While_a_pods_first_task_is_started_in_it_the_pod_ends_whole(string when, string name, string verb) =>
        await DieAtAsync(when, name, verb, static (master, task) => master.Send(Pod(task)), passes: true);

    [NetworkFact]
    public async Task While_a_pod_is_started_and_killed_both_of_its_tasks_end_once_and_nothing_of_it_stays()
    {
        // An agent's start takes its first steps, a pod with two tasks that are killed as soon as they run all of these.
        await using var world = new KilledLives();
        for (var diesAt = 14; diesAt <= 54; diesAt += 8)
        {
            string task = $"t{diesAt}";
            await world.LiveAsync(
                [task, $"{task}-b"], doomed: [], diesAt: diesAt, launch: master => master.Send(Pod(task, $"pod-{diesAt}")), killsOwn: true);
        }

        await world.SettleAsync();
    }

    [NetworkTheory]
    [InlineData("after", "create")]
    [InlineData("after", "start")]
    public async Task While_a_container_is_nested_in_a_tasks_own_the_task_goes_on_and_what_was_nested_goes(string when, string verb)
    {
        using var http = new HttpClient { Timeout = Patience.Limit };
        var called = Task.CompletedTask;
        await DieAtAsync(
            when,
            "crun",
            verb,
            static (master, task) => master.Run(FakeMaster.Task(task, "exec sleep 1000")),
            // The first one is the task's own.
            passes: true,
            running: (agent, status) => called = NestAsync(http, agent, status.ContainerStatus.ContainerId));
        await called;
    }

    [NetworkTheory]
    [InlineData("before", "bridge", "ADD")]
    [InlineData("after", "bridge", "ADD")]
    [InlineData("before", "portmap", "ADD")]
    [InlineData("after", "portmap", "ADD")]
    [InlineData("before", "portmap", "DEL")]
    [InlineData("after", "portmap", "DEL")]
    [InlineData("before", "bridge", "DEL")]
    [InlineData("after", "bridge", "DEL")]
    public async Task While_a_network_is_made_or_taken_back_no_device_address_rule_or_namespace_stays(string when, string plugin, string verb)
    {
        var port = Launches.FreePort();
        await DieAtAsync(
            when,
            plugin,
            verb,
            (master, task) => master.Run(FakeMaster.Task(task, "exec sleep 1000", info =>
            {
                info.Container = new ContainerInfo
                {
                    Type = ContainerInfo.Types.Type.Mesos,
                    NetworkInfos =
                    {
                        new NetworkInfo
                        {
                            Name = "mesos-bridge",
                            PortMappings = { new NetworkInfo.Types.PortMapping { HostPort = port, ContainerPort = 80 } },
                        },
                    },
                };
                info.Resources.Add(Launches.Ports(port));
            })));
    }

    [NetworkTheory]
    [InlineData("before", "skopeo", "copy")]
    [InlineData("after", "skopeo", "copy")]
    [InlineData("before", "tar", "--extract")]
    [InlineData("after", "tar", "--extract")]
    public async Task While_an_image_is_pulled_or_unpacked_what_is_half_there_is_never_taken_for_whole(string when, string program, string verb)
    {
        var away = Directory.CreateTempSubdirectory("plenum-away-").FullName;
        try
        {
            var layout = TestImage.Create(
                Path.Join(away, "layout"), [], TestImage.BusyboxLayer, static tar => TestImage.Add(tar, "second", content: "whole"));
            await DieAtAsync(when, program, verb, Launch, afterwards: async world =>
            {
                // The same image, to its end.
                await world.LiveAsync(["next"], doomed: [], launch: master => Launch(master, "next"));
                Directory.GetFileSystemEntries(Path.Join(world.Work, "images", "tmp")).ShouldBeEmpty();
            });

            void Launch(FakeMaster master, string task) => master.Run(FakeMaster.Task(
                task, "cat /second && exec sleep 1000", info => info.Container = new ContainerInfo
                {
                    Type = ContainerInfo.Types.Type.Mesos,
                    Mesos = new ContainerInfo.Types.MesosInfo
                    {
                        Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = $"oci:{layout}" } },
                    },
                }));
        }
        finally
        {
            Directory.Delete(away, recursive: true);
        }
    }

    [NetworkFact]
    public async Task While_a_file_is_fetched_into_the_cache_half_of_it_is_never_given_to_the_next()
    {
        await using var world = new KilledLives();
        var agent = 0;
        await using var server = await FileServer.StartAsync(async context =>
        {
            context.Response.ContentLength = 8;
            await context.Response.WriteAsync("half");
            await context.Response.Body.FlushAsync();
            if (Interlocked.Exchange(ref agent, 0) is var doomed and > 0)
            {
                using var process = System.Diagnostics.Process.GetProcessById(doomed);
                process.Kill();
                await process.WaitForExitAsync(Patience.Token());
            }

            await context.Response.WriteAsync("+all");
        });

        await world.LiveAsync(["t"], doomed: [], launch: master => Launch(master, "t"), started: id => agent = id, dies: true);
        await world.LiveAsync(["next"], doomed: [], launch: master => Launch(master, "next"));
        await world.SettleAsync();

        server.Requests.ShouldBe(2);

        void Launch(FakeMaster master, string task) => master.Run(FakeMaster.Task(
            task,
            """[ "$(cat file)" = half+all ] && exec sleep 1000""",
            info => info.Command.Uris.Add(new CommandInfo.Types.URI { Value = $"{server.Address}file", Cache = true, Extract = false })));
    }

    [UserNamespaceTheory]
    [InlineData("before", "crun", "create")]
    [InlineData("after", "crun", "create")]
    [InlineData("after", "crun", "start")]
    public async Task While_a_container_gets_user_ids_of_its_own_no_mount_or_namespace_stays_and_the_next_has_ids_too(string when, string program, string verb)
    {
        var away = Directory.CreateTempSubdirectory("plenum-away-").FullName;
        try
        {
            var layout = TestImage.Create(Path.Join(away, "layout"), [], TestImage.BusyboxLayer);
            await DieAtAsync(
                when,
                program,
                verb,
                Launch,
                afterwards: world => world.LiveAsync(["next"], doomed: [], launch: master => Launch(master, "next")),
                users: $"1000000:{2 * IdRange.Count}");

            void Launch(FakeMaster master, string task) => master.Run(FakeMaster.Task(
                task, "[ $(/bin/busybox stat -c %u /bin/busybox) = 0 ] && exec sleep 1000", info => info.Container = new ContainerInfo
                {
                    Type = ContainerInfo.Types.Type.Mesos,
                    Mesos = new ContainerInfo.Types.MesosInfo
                    {
                        Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = $"oci:{layout}" } },
                    },
                    NetworkInfos = { new NetworkInfo { Name = "mesos-bridge" } },
                }));
        }
        finally
        {
            Directory.Delete(away, recursive: true);
        }
    }

    /// <summary>One agent dies at a call of a program and another finds what it left.</summary>
    private static async Task DieAtAsync(
        string when, string name, string verb, Action<FakeMaster, string> launch, bool passes = false, Func<KilledLives, Task>? afterwards = null,
        Action<AgentMessage.Types.Register, TaskStatus>? running = null, string? users = null)
    {
        await using var world = new KilledLives { Users = users };
        using var programs = new DeadlyPrograms(when, name, verb, world.Networks, passes);
        var takesBack = verb == "DEL";
        await world.LiveAsync(
            ["t"],
            doomed: [],
            programs: programs.Directory,
            started: programs.Aim,
            launch: master => launch(master, "t"),
            killsOwn: takesBack,
            running: running,
            dies: true);
        programs.Reached.ShouldBeTrue("the agent did not come to it");

        // What the agent left at work is held until the next one has looked at it.
        await world.SettleAsync(programs.LetGo);
        if (afterwards is not null)
        {
            await afterwards(world);
            await world.SettleAsync();
        }
    }

    /// <summary>Whoever asks for it is not answered: its agent dies meanwhile.</summary>
    private static async Task NestAsync(HttpClient http, AgentMessage.Types.Register agent, ContainerID parent)
    {
        var call = new Call
        {
            Type = Call.Types.Type.LaunchNestedContainer,
            LaunchNestedContainer = new Call.Types.LaunchNestedContainer
            {
                ContainerId = new ContainerID { Value = "nested", Parent = parent },
                Command = new CommandInfo { Value = "exec sleep 1000" },
            },
        };
        using var content = new ByteArrayContent(MesosJson.Write(call))
        {
            Headers = { ContentType = new System.Net.Http.Headers.MediaTypeHeaderValue("application/json") },
        };
        await Should.ThrowAsync<HttpRequestException>(
            () => http.PostAsync(new Uri($"http://{agent.Address.Ip}:{agent.Address.Port}/api/v1"), content));
    }

    private static MasterMessage Pod(string task, string executor = "pod") => new()
    {
        RunTaskGroup = new MasterMessage.Types.RunTaskGroup
        {
            Framework = FakeMaster.Framework(),
            Executor = new ExecutorInfo
            {
                Type = ExecutorInfo.Types.Type.Default,
                ExecutorId = new ExecutorID { Value = executor },
                Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos, NetworkInfos = { new NetworkInfo { Name = "mesos-bridge" } } },
            },
            TaskGroup = new TaskGroupInfo { Tasks = { FakeMaster.Task(task, "exec sleep 1000"), FakeMaster.Task($"{task}-b", "exec sleep 1000") } },
        },
    };
}
