using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Health;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Tests.Definitions;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Group = Plenum.Protocol.V1.Offer.Types.Operation.Types.LaunchGroup;

namespace Plenum.Marathon.Tests.Core;

public sealed class PodTests
{
    private const string Pair = """
        {
          "id": "/pair", "labels": {"owner": "zeus"}, "environment": {"WHO": "pod", "HOST": "mine"},
          "containers": [
            {
              "name": "web", "exec": {"command": {"shell": "serve"}}, "resources": {"cpus": 0.5, "mem": 64},
              "endpoints": [{"name": "http-api", "containerPort": 8080, "hostPort": 0, "protocol": ["tcp"]}],
              "healthCheck": {"http": {"endpoint": "http-api", "path": "/ready"}},
              "volumeMounts": [{"name": "shared", "mountPath": "www"}], "lifecycle": {"killGracePeriodSeconds": 7}
            },
            {
              "name": "side", "exec": {"command": {"argv": ["/bin/side", "-x"]}}, "resources": {"cpus": 0.25, "mem": 32},
              "environment": {"WHO": "side"}, "volumeMounts": [{"name": "shared", "mountPath": "in", "readOnly": true}],
              "resourceLimits": {"mem": 48}
            }
          ],
          "volumes": [{"name": "shared"}], "networks": [{"mode": "container/bridge"}]
        }
        """;

    private readonly CoreHarness _cluster = CoreHarness.Connected();

    [Fact]
    public void An_instance_is_one_task_group_with_what_the_containers_share_on_the_executor()
    {
        Put(Pod());

        var group = Launch().ShouldHaveSingleItem();

        var instance = _cluster.Instances("/pair").Single();
        var (executor, tasks) = (group.Executor, group.TaskGroup.Tasks);
        executor.Type.ShouldBe(ExecutorInfo.Types.Type.Default);
        executor.ExecutorId.Value.ShouldBe(instance.Id.Value.Replace("pair.instance-", "instance-pair.", StringComparison.Ordinal));
        executor.Labels.Labels_.Single().Key.ShouldBe("owner");
        Amounts(executor.Resources).ShouldBe([("cpus", 0.1), ("mem", 32), ("disk", 10)]);
        var port = (int)executor.Resources.Single(resource => resource.Name == "ports").Ranges.Range.Single().Begin;
        instance.HostPorts.ShouldBe([port]);
        var mapping = executor.Container.NetworkInfos.Single().PortMappings.Single();
        (mapping.HostPort, mapping.ContainerPort, mapping.Protocol).ShouldBe(((uint)port, 8080u, "tcp"));

        tasks.Select(task => task.TaskId.Value).ShouldBe([$"{instance.Id}.web.1", $"{instance.Id}.side.1"]);
        tasks.Select(task => task.Name).ShouldBe(["web", "side"]);
        Amounts(tasks[0].Resources).ShouldBe([("cpus", 0.5), ("mem", 64)]);
        Amounts(tasks[1].Resources).ShouldBe([("cpus", 0.25), ("mem", 32)]);
        tasks.ShouldAllBe(task => task.Container.Volumes.Single().Source.SandboxPath.Path == "volumes/shared");
        tasks[1].Container.Volumes.Single().Mode.ShouldBe(Plenum.Protocol.V1.Volume.Types.Mode.Ro);
        tasks[1].Limits["mem"].Value.ShouldBe(48);
        tasks[0].HealthCheck.Http.Port.ShouldBe(8080u);
        tasks[0].KillPolicy.GracePeriod.Nanoseconds.ShouldBe(7_000_000_000);
        tasks[1].Command.Value.ShouldBe("/bin/side");
        tasks[1].Command.Arguments.ShouldBe(["/bin/side", "-x"]);
        tasks[0].Discovery.Ports.Ports_.Single().Number.ShouldBe((uint)port);
    }

    [Fact]
    public void A_deployment_waits_until_the_pod_says_on_its_endpoint_that_it_is_ready()
    {
        Put(Pod() with
        {
            ReadinessChecks = [new ReadinessCheck { PortName = "http-api", Path = "/ready", IntervalSeconds = 30 }],
            Containers = Pod().Containers.Select(container => container with { HealthCheck = null }),
        });
        var group = Launch().Single();
        foreach (var task in group.TaskGroup.Tasks)
        {
            _cluster.Report(task.TaskId.Value, TaskState.TaskRunning);
        }

        _cluster.Pass(0);
        var probe = _cluster.Probes.ShouldHaveSingleItem();
        (probe.Port, probe.Path).ShouldBe((_cluster.Instances("/pair").Single().HostPorts.Single(), "/ready"));
        _cluster.Probed(probe, new ProbeOutcome { HttpStatus = 503 });
        _cluster.State.Deployments.Single().ReadinessResults.ShouldHaveSingleItem().Ready.ShouldBeFalse();
        _cluster.Pass(30);
        _cluster.Probed(_cluster.Probes[^1], new ProbeOutcome { HttpStatus = 200 });
        _cluster.State.Deployments.ShouldBeEmpty();
    }

    [Fact]
    public void Every_container_sees_all_endpoints_and_the_orchestrators_variables_win_over_the_users()
    {
        Put(Pod());

        var group = Launch().Single();
        var (web, side) = (Variables(group.TaskGroup.Tasks[0]), Variables(group.TaskGroup.Tasks[1]));

        (web["WHO"], side["WHO"]).ShouldBe(("pod", "side"));
        side["HOST"].ShouldBe("agent-1.local");
        side["ENDPOINT_HTTP_API"].ShouldBe("8080");
        side["EP_CONTAINER_HTTP_API"].ShouldBe("8080");
        side["EP_HOST_HTTP_API"].ShouldBe($"{_cluster.Instances("/pair").Single().HostPorts.Single()}");
        side["MARATHON_CONTAINER_ID"].ShouldBe("side");
        side["MESOS_TASK_ID"].ShouldBe(group.TaskGroup.Tasks[1].TaskId.Value);
        side["MESOS_EXECUTOR_ID"].ShouldBe(group.Executor.ExecutorId.Value);
        side["MARATHON_APP_LABEL_OWNER"].ShouldBe("zeus");
    }

    [Fact]
    public void It_runs_when_all_containers_do_and_its_deployment_ends_when_they_are_healthy()
    {
        Put(Pod());
        var tasks = Tasks(Launch().Single());

        _cluster.Report(tasks[0], TaskState.TaskRunning);
        State().ShouldBe(Condition.Provisioned);
        _cluster.Report(tasks[1], TaskState.TaskRunning);
        State().ShouldBe(Condition.Running);
        _cluster.State.Deployments.ShouldHaveSingleItem().Plan.AffectedPods.Single().Text.ShouldBe("/pair");
        _cluster.State.Deployments.Single().Plan.AffectedApps.ShouldBeEmpty();

        _cluster.Report(tasks[0], TaskState.TaskRunning, healthy: true);

        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Instances("/pair").Single().Healthy.ShouldBe(true);
    }

    [Fact]
    public void A_container_that_fails_takes_the_instance_with_it_and_it_starts_again_after_the_backoff()
    {
        var tasks = Run(Pod());

        _cluster.Report(tasks[1], TaskState.TaskFailed);

        State().ShouldBe(Condition.Killing);
        _cluster.CallsOf(Call.Types.Type.Kill).Select(call => call.Kill.TaskId.Value).ShouldBe([tasks[0]]);
        _cluster.State.FindRuntime(PathId.Parse("/pair"))!.LastFailure!.TaskId.ShouldBe(tasks[1]);
        _cluster.EndKilled();
        var again = _cluster.Instances("/pair").Single();
        (again.Condition, again.Incarnation).ShouldBe((Condition.Scheduled, 2));
        _cluster.GiveOffers(_cluster.Offer());
        Launched().ShouldBeEmpty();
        _cluster.Pass(2);

        var group = Launch().Single();

        group.TaskGroup.Tasks[0].TaskId.Value.ShouldBe($"{again.Id}.web.2");
        group.Executor.ExecutorId.Value.ShouldEndWith(".2");
    }

    [Fact]
    public void A_container_that_finishes_leaves_the_others_alone_until_the_last_one_ends()
    {
        var tasks = Run(Pod());

        _cluster.Report(tasks[1], TaskState.TaskFinished);
        State().ShouldBe(Condition.Running);
        _cluster.CallsOf(Call.Types.Type.Kill).ShouldBeEmpty();

        _cluster.Report(tasks[0], TaskState.TaskFinished);
        _cluster.Instances("/pair").Single().Incarnation.ShouldBe(2);
    }

    [Fact]
    public void A_late_status_of_a_container_that_ended_changes_nothing_and_is_acknowledged()
    {
        var tasks = Run(Pod());
        _cluster.Report(tasks[1], TaskState.TaskFinished);
        var before = _cluster.Instances("/pair").Single();
        _cluster.Calls.Clear();

        _cluster.Report(tasks[1], TaskState.TaskRunning);

        _cluster.Instances("/pair").Single().ShouldBe(before);
        _cluster.CallsOf(Call.Types.Type.Acknowledge).Count.ShouldBe(1);
        _cluster.CallsOf(Call.Types.Type.Kill).ShouldBeEmpty();
    }

    [Fact]
    public void A_kill_ends_every_container_and_the_same_instance_starts_again()
    {
        var tasks = Run(Pod());
        var id = _cluster.Instances("/pair").Single().Id;

        _cluster.Kill(new KillTasks([id]));
        _cluster.CallsOf(Call.Types.Type.Kill).Select(call => call.Kill.TaskId.Value).ShouldBe(tasks, ignoreOrder: true);
        _cluster.EndKilled();

        var again = _cluster.Instances("/pair").Single();
        (again.Id, again.Condition, again.Incarnation).ShouldBe((id, Condition.Scheduled, 2));
    }

    [Fact]
    public void Scaling_and_deleting_go_through_the_same_deployments_as_apps_under_the_words_of_pods()
    {
        Run(Pod());

        Put(Pod() with { Instances = 3 });
        foreach (var group in Launch())
        {
            Start(group);
        }

        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Instances("/pair").Count(instance => instance.Condition == Condition.Running).ShouldBe(3);
        _cluster.Update((root, version) => root.WithoutSpec(PathId.Parse("/pair"), version)).ShouldBeOfType<RootUpdateResult.Deployed>();
        _cluster.State.Deployments.Single().Plan.Steps.Single().Actions.Single().ShouldSatisfyAllConditions(
            action => action.Kind.ShouldBe(ActionKind.Stop), action => action.IsPod.ShouldBeTrue());
        _cluster.EndKilled().ShouldBe(6);

        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.State.Apps.ShouldBeEmpty();
        _cluster.State.SpecVersions.ShouldBeEmpty();
    }

    [Fact]
    public void A_changed_container_rolls_the_instances_and_keeps_the_healthy_ones_meanwhile()
    {
        var old = Run(Pod());

        Put(Pod() with { Environment = ValueMap<EnvironmentValue>.From([new("WHO", EnvironmentValue.Of("new"))]) });
        var group = Launch().Single();
        _cluster.CallsOf(Call.Types.Type.Kill).ShouldBeEmpty();
        Start(group);

        _cluster.CallsOf(Call.Types.Type.Kill).Select(call => call.Kill.TaskId.Value).ShouldBe(old, ignoreOrder: true);
        _cluster.EndKilled();
        _cluster.State.Deployments.ShouldBeEmpty();
        Variables(group.TaskGroup.Tasks[0])["WHO"].ShouldBe("new");
    }

    [Fact]
    public void A_restart_knows_each_container_again_and_asks_about_those_that_live()
    {
        var tasks = Run(Pod());
        _cluster.Report(tasks[1], TaskState.TaskFinished);
        var before = _cluster.Instances("/pair").Single();
        _cluster.Calls.Clear();

        _cluster.Restart();

        var after = _cluster.Instances("/pair").Single();
        after.Containers.Select(container => (container.Name, container.Condition))
            .ShouldBe(before.Containers.Select(container => (container.Name, container.Condition)));
        _cluster.State.Root.FindPod(PathId.Parse("/pair")).ShouldNotBeNull();
        _cluster.CallsOf(Call.Types.Type.Reconcile)[0].Reconcile.Tasks.Select(task => task.TaskId.Value).ShouldBe([tasks[0]]);
        _cluster.Kill(new KillTasks([after.Id]));
        _cluster.CallsOf(Call.Types.Type.Kill).Single().Kill.TaskId.Value.ShouldBe(tasks[0]);
    }

    [Fact]
    public void A_deployment_goes_on_after_a_restart_in_the_middle()
    {
        Put(Pod() with { Instances = 2 });
        var groups = Launch();
        Start(groups[0]);

        _cluster.Restart();
        _cluster.State.Deployments.ShouldHaveSingleItem();
        Start(groups[1]);

        _cluster.State.Deployments.ShouldBeEmpty();
        _cluster.Instances("/pair").Count.ShouldBe(2);
    }

    [Fact]
    public void An_unreachable_agent_makes_the_instance_unreachable_and_a_replacement_follows_by_its_strategy()
    {
        var tasks = Run(Pod() with
        {
            UnreachableStrategy = new UnreachableStrategy { InactiveAfterSeconds = 10, ExpungeAfterSeconds = 100 },
        });

        foreach (var task in tasks)
        {
            _cluster.Report(task, TaskState.TaskUnreachable);
        }

        State().ShouldBe(Condition.Unreachable);
        _cluster.Pass(11);
        _cluster.Instances("/pair").Select(instance => instance.Condition)
            .ShouldBe([Condition.UnreachableInactive, Condition.Scheduled]);

        // It comes back before its replacement was placed: the new one is too many.
        foreach (var task in tasks)
        {
            _cluster.Report(task, TaskState.TaskRunning);
        }

        _cluster.Instances("/pair").Single().Condition.ShouldBe(Condition.Running);
    }

    [Fact]
    public void An_unhealthy_container_makes_the_instance_unhealthy_and_says_so()
    {
        var tasks = Run(Pod());
        _cluster.Events.Clear();

        _cluster.Report(tasks[0], TaskState.TaskRunning, healthy: false);

        _cluster.Instances("/pair").Single().Healthy.ShouldBe(false);
        _cluster.EventsOf<MarathonEvent.InstanceHealthChanged>().Single().Healthy.ShouldBe(false);
        _cluster.EventsOf<MarathonEvent.FailedHealthCheck>().ShouldHaveSingleItem();
    }

    [Fact]
    public void A_persistent_volume_is_reserved_first_and_mounted_from_the_sandbox_of_the_pod()
    {
        Put(PodDefinitionShould.Pod("""
            {
              "id": "/pair", "volumes": [{"name": "data", "persistent": {"size": 100}}],
              "containers": [{"name": "db", "exec": {"command": {"shell": "run"}}, "resources": {"cpus": 0.1, "mem": 32}, "volumeMounts": [{"name": "data", "mountPath": "/data"}]}]
            }
            """));
        _cluster.GiveOffers(_cluster.Offer(change: offer => offer.AllocationInfo.Role = _cluster.Options.ReservationRole));

        var operations = _cluster.CallsOf(Call.Types.Type.Accept).Single().Accept.Operations;
        var made = operations.Single(operation => operation.Create is not null).Create.Volumes.Single();
        made.Disk.Volume.ContainerPath.ShouldBe("data");
        var reserved = operations.Single(operation => operation.Reserve is not null).Reserve.Resources;
        _cluster.Calls.Clear();
        _cluster.Handle(new Event
        {
            Type = Event.Types.Type.Offers,
            Offers = new Event.Types.Offers
            {
                Offers_ =
                {
                    _cluster.Offer(change: offer =>
                    {
                        offer.AllocationInfo.Role = _cluster.Options.ReservationRole;
                        offer.Resources.Clear();
                        offer.Resources.AddRange(reserved.Take(reserved.Count - 1).Append(made));
                    }),
                },
            },
        });

        var group = Launched().Single();
        group.Executor.Resources.Single(resource => resource.Disk?.Persistence is not null).Disk.Persistence.Id.ShouldBe(made.Disk.Persistence.Id);
        group.TaskGroup.Tasks.Single().Container.Volumes.Single().Source.SandboxPath.Path.ShouldBe("data");
    }

    private static PodDefinition Pod() => PodDefinitionShould.Pod(Pair);

    private static List<string> Tasks(Group group) => [.. group.TaskGroup.Tasks.Select(task => task.TaskId.Value)];

    private static IEnumerable<(string Name, double Amount)> Amounts(IEnumerable<Resource> resources) =>
        resources.Where(resource => resource.Type == Value.Types.Type.Scalar).Select(resource => (resource.Name, resource.Scalar.Value));

    private static Dictionary<string, string> Variables(TaskInfo task) =>
        task.Command.Environment.Variables.ToDictionary(variable => variable.Name, variable => variable.Value);

    private Condition State() => _cluster.Instances("/pair").Single().Condition;

    private void Put(PodDefinition pod) =>
        _cluster.Update((root, version) => root.WithSpec(pod, version)).ShouldBeOfType<RootUpdateResult.Deployed>();

    private List<string> Run(PodDefinition pod)
    {
        Put(pod);
        var group = Launch().Single();
        Start(group);
        _cluster.Calls.Clear();
        return Tasks(group);
    }

    private void Start(Group group)
    {
        foreach (var task in Tasks(group))
        {
            _cluster.Report(task, TaskState.TaskRunning);
        }

        _cluster.Report(Tasks(group)[0], TaskState.TaskRunning, healthy: true);
    }

    private List<Group> Launch()
    {
        _cluster.Calls.Clear();
        _cluster.GiveOffers(_cluster.Offer());
        return Launched();
    }

    private List<Group> Launched() =>
    [
        .. _cluster.CallsOf(Call.Types.Type.Accept)
            .SelectMany(call => call.Accept.Operations)
            .Select(operation => operation.LaunchGroup)
            .OfType<Group>(),
    ];
}
