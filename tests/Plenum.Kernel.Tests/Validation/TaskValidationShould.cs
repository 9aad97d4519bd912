using Google.Protobuf;
using Plenum.Kernel.Validation;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Variable = Plenum.Protocol.V1.Environment.Types.Variable;

namespace Plenum.Kernel.Tests.Validation;

public sealed class TaskValidationShould
{
    /// <summary>One broken rule each: what is done to a good task, and a word of the answer.</summary>
    public static TheoryData<string, Action<TaskInfo>, string> Breakages => new()
    {
        { "id", t => t.TaskId.Value = "a/b", "Task ID" },
        { "empty id", t => t.TaskId.Value = string.Empty, "Task ID" },
        { "other agent", t => t.AgentId.Value = "agent-2", "invalid agent" },
        { "grace period", t => t.KillPolicy = new() { GracePeriod = new() { Nanoseconds = -1 } }, "grace_period" },
        { "completion time", t => t.MaxCompletionTime = new() { Nanoseconds = -1 }, "max_completion_time" },
        { "check without type", t => t.Check = new(), "'type'" },
        { "check without body", t => t.Check = new() { Type = CheckInfo.Types.Type.Tcp }, "'tcp'" },
        { "check path", t => t.Check = new() { Type = CheckInfo.Types.Type.Http, Http = new() { Port = 80, Path = "x" } }, "start with '/'" },
        { "check port", t => t.Check = new() { Type = CheckInfo.Types.Type.Tcp, Tcp = new() { Port = 70_000 } }, "port 70000" },
        { "check delay", t => t.Check = new() { Type = CheckInfo.Types.Type.Tcp, Tcp = new() { Port = 1 }, DelaySeconds = -1 }, "delay_seconds" },
        { "check command", t => t.Check = new() { Type = CheckInfo.Types.Type.Command, Command = new() { Command_ = new() } }, "'value'" },
        { "health check without type", t => t.HealthCheck = new(), "'type'" },
        { "health check body", t => t.HealthCheck = new() { Type = HealthCheck.Types.Type.Http }, "'http'" },
        { "health check scheme", t => t.HealthCheck = new() { Http = new() { Port = 80, Scheme = "ftp" } }, "ftp" },
        { "health check grace", t => t.HealthCheck = new() { Http = new() { Port = 80 }, GracePeriodSeconds = double.NaN }, "grace_period_seconds" },
        { "no resources", t => t.Resources.Clear(), "no resources" },
        { "only zeros", t => Set(t, "cpus:0"), "no resources" },
        { "bad resources", t => t.Resources[0].Scalar.Value = -1, "negative" },
        { "fraction of a gpu", t => Set(t, "gpus:0.5"), "GPU" },
        { "other allocation role", t => t.Resources[0].AllocationInfo = new() { Role = "batch" }, "'batch'" },
        { "persistence id twice", t => t.Resources.Add([Rules.Volume(size: 1), Rules.Volume(size: 2)]), "twice" },
        { "revocable mix", t => t.Resources.Add(Revocable("cpus")), "mixes" },
        { "shell without value", t => t.Command = new(), "'value'" },
        { "no program", t => t.Command = new() { Shell = false }, "entry point" },
        { "null in argument", t => t.Command.Arguments.Add("a\0"), "null character" },
        { "empty uri", t => t.Command.Uris.Add(new CommandInfo.Types.URI { Value = string.Empty }), "URI" },
        { "variable without name", t => Add(t, new Variable { Name = string.Empty, Value = "x" }), "name" },
        { "variable without value", t => Add(t, new Variable { Name = "A" }), "must set 'value'" },
        { "value with secret", t => Add(t, new Variable { Name = "A", Value = "x", Secret = new() }), "must not set 'secret'" },
        { "secret without secret", t => Add(t, new Variable { Name = "A", Type = Variable.Types.Type.Secret }), "must set 'secret'" },
        { "secret with value", t => Add(t, new Variable { Name = "A", Type = Variable.Types.Type.Secret, Value = "x", Secret = new() }), "must not set 'value'" },
        { "reference without one", t => Add(t, SecretVariable(new() { Type = Secret.Types.Type.Reference })), "'reference'" },
        { "value secret without value", t => Add(t, SecretVariable(new() { Type = Secret.Types.Type.Value })), "'value'" },
        { "secret without type", t => Add(t, SecretVariable(new())), "unknown type" },
        { "no container type", t => t.Container = new(), "'type'" },
        { "docker without docker", t => t.Container = new() { Type = ContainerInfo.Types.Type.Docker }, "'docker'" },
        { "docker name", t => { t.Container = Rules.Docker(); t.Container.Docker.Parameters.Add(new Parameter { Key = "name", Value = "x" }); }, "'name'" },
        { "two docker networks", t => { t.Container = Rules.Docker(); t.Container.NetworkInfos.Add([new NetworkInfo(), new NetworkInfo()]); }, "one network" },
        { "image without name", t => { t.Container = Rules.Mesos(); t.Container.Mesos.Image.Docker = null; }, "docker.name" },
        { "volume from nowhere", t => Mount(t, new Volume { ContainerPath = "a" }), "exactly one" },
        { "volume from two places", t => Mount(t, new Volume { ContainerPath = "a", HostPath = "/a", Source = new() }), "exactly one" },
        { "volume to nowhere", t => Mount(t, new Volume { ContainerPath = string.Empty, HostPath = "/a" }), "container_path" },
        { "sandbox escape", t => Mount(t, new Volume { ContainerPath = "a", Source = Sandbox("../other") }), "stay inside" },
        { "limit of disk", t => t.Limits["disk"] = Amount(5), "Only 'cpus' and 'mem'" },
        { "limit below request", t => t.Limits["mem"] = Amount(63), "below the request" },
        { "limit not a number", t => t.Limits["mem"] = Amount(double.NaN), "not an amount" },
        { "command and executor", t => t.Executor = Rules.Executor(), "not both" },
        { "neither", t => t.Command = null, "not both" },
        { "more than offered", t => Set(t, "cpus:4.001"), "more resources" },
        { "port not offered", t => Set(t, "ports:[30999-31000]"), "more resources" },
    };

    /// <summary>The same for a task that brings an executor.</summary>
    public static TheoryData<string, Action<ExecutorInfo>, string> ExecutorBreakages => new()
    {
        { "default executor", e => e.Type = ExecutorInfo.Types.Type.Default, "CUSTOM" },
        { "no command", e => e.Command = null, "'ExecutorInfo.command'" },
        { "id", e => e.ExecutorId.Value = "..", "Executor ID" },
        { "other framework", e => e.FrameworkId = new FrameworkID { Value = "fw-2" }, "invalid FrameworkID" },
        { "grace period", e => e.ShutdownGracePeriod = new() { Nanoseconds = -1 }, "shutdown_grace_period" },
        { "shared volume", e => { var v = Rules.Volume(); v.Shared = new(); e.Resources.Add(v); }, "shared" },
        { "same ports as the task", e => e.Resources.Add(ResourceSet.Parse("ports:[31001-31001]").ToWire()), "same ports" },
        { "revocable beside the task's", e => { e.Resources.Clear(); e.Resources.Add(Revocable("cpus")); }, "mixes" },
        { "more than offered with the task", e => { e.Resources.Clear(); e.Resources.Add(ResourceSet.Parse("cpus:3.5").ToWire()); }, "more resources" },
    };

    [Theory]
    [MemberData(nameof(Breakages))]
    public void Name_the_rule_that_a_task_breaks(string what, Action<TaskInfo> breakIt, string word)
    {
        var task = Rules.Task();
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldBeNull();
        breakIt(task);
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Theory]
    [MemberData(nameof(ExecutorBreakages))]
    public void Name_the_rule_that_an_executor_breaks(string what, Action<ExecutorInfo> breakIt, string word)
    {
        var executor = Rules.Executor();
        TaskValidation.Validate(Rules.WithExecutor(executor), Rules.Context(), out _).ShouldBeNull();
        breakIt(executor);
        TaskValidation.Validate(Rules.WithExecutor(executor), Rules.Context(), out _).ShouldNotBeNull(what).ShouldContain(word);
    }

    [Fact]
    public void Hand_out_what_the_task_takes_stamped_with_the_offers_role()
    {
        TaskValidation.Validate(Rules.Task(), Rules.Context(), out var used).ShouldBeNull();
        used.ShouldBe(ResourceSet.Parse("cpus:1;mem:64;ports:[31000-31001]").AllocatedTo(Rules.Role));
    }

    [Fact]
    public void Count_the_executor_only_while_it_is_not_running()
    {
        var executor = Rules.Executor();
        TaskValidation.Validate(Rules.WithExecutor(executor), Rules.Context(), out var first).ShouldBeNull();
        first.Millis("cpus").ShouldBe(1_100);
        var live = executor.Clone();
        live.FrameworkId = new FrameworkID { Value = "fw-1" };
        live.Type = ExecutorInfo.Types.Type.Custom;
        TaskValidation.Validate(Rules.WithExecutor(executor), Rules.Context(live: live), out var second).ShouldBeNull();
        second.Millis("cpus").ShouldBe(1_000);
    }

    [Fact]
    public void Refuse_an_executor_that_differs_from_the_live_one_of_its_id()
    {
        var changed = Rules.Executor();
        changed.Command.Value = "./other";
        TaskValidation.Validate(Rules.WithExecutor(changed), Rules.Context(live: Rules.Executor()), out _)
            .ShouldNotBeNull().ShouldContain("not compatible");
        TaskValidation.Validate(
            Rules.WithExecutor(Rules.Executor("cpus:0.2;mem:32")), Rules.Context(live: Rules.Executor()), out _)
            .ShouldNotBeNull().ShouldContain("not compatible");
    }

    [Fact]
    public void Refuse_an_id_that_is_in_use() =>
        TaskValidation.Validate(Rules.Task(), Rules.Context(knownTask: "task-1"), out _).ShouldNotBeNull().ShouldContain("duplicate");

    [Fact]
    public void Accept_infinite_limits_but_only_where_the_agent_enforces_them()
    {
        var task = Rules.Task();
        task.Limits["cpus"] = Amount(double.PositiveInfinity);
        task.Limits["mem"] = Amount(64);
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldBeNull();
        TaskValidation.Validate(task, Rules.Context(hasTaskLimits: false), out _).ShouldNotBeNull().ShouldContain("not capable");
    }

    [Fact]
    public void Accept_a_command_without_value_when_an_image_brings_the_program()
    {
        var task = Rules.Task();
        task.Command = new CommandInfo { Shell = false };
        task.Container = Rules.Mesos();
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldBeNull();
        task.Container = Rules.Docker();
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldBeNull();
    }

    [Fact]
    public void Report_the_first_rule_in_the_order_of_mesos()
    {
        var task = Rules.Task("a/b");
        task.AgentId.Value = "agent-2";
        task.Resources.Clear();
        task.Command = null;
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldNotBeNull().ShouldContain("Task ID");
        task.TaskId.Value = "task-1";
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldNotBeNull().ShouldContain("invalid agent");
        task.AgentId.Value = Rules.Agent;
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldNotBeNull().ShouldContain("no resources");
    }

    [Fact]
    public void Never_repeat_a_secret_in_its_answer()
    {
        const string Hidden = "hunter2\0";
        var task = Rules.Task();
        Add(task, new Variable { Name = "A", Value = Hidden });
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldNotBeNull().ShouldNotContain("hunter2");
        task.Command.Environment.Variables.Clear();
        Add(task, SecretVariable(new Secret { Type = Secret.Types.Type.Value, Value = new() { Data = ByteString.CopyFromUtf8(Hidden) } }));
        TaskValidation.Validate(task, Rules.Context(), out _).ShouldNotBeNull().ShouldNotContain("hunter2");
    }

    private static void Set(TaskInfo task, string resources)
    {
        task.Resources.Clear();
        task.Resources.Add(resources == "gpus:0.5" || resources == "cpus:0"
            ? [Scalar(resources[..4], resources == "cpus:0" ? 0 : 0.5)]
            : ResourceSet.Parse(resources).ToWire());
    }

    private static Resource Scalar(string name, double value) =>
        new() { Name = name, Type = Value.Types.Type.Scalar, Scalar = Amount(value) };

    private static Resource Revocable(string name)
    {
        var resource = Scalar(name, 1);
        resource.Revocable = new Resource.Types.RevocableInfo();
        return resource;
    }

    private static Value.Types.Scalar Amount(double value) => new() { Value = value };

    private static void Add(TaskInfo task, Variable variable)
    {
        task.Command.Environment ??= new Plenum.Protocol.V1.Environment();
        task.Command.Environment.Variables.Add(variable);
    }

    private static Variable SecretVariable(Secret secret) =>
        new() { Name = "A", Type = Variable.Types.Type.Secret, Secret = secret };

    private static void Mount(TaskInfo task, Volume volume)
    {
        task.Container = Rules.Mesos();
        task.Container.Volumes.Add(volume);
    }

    private static Volume.Types.Source Sandbox(string path) => new()
    {
        Type = Volume.Types.Source.Types.Type.SandboxPath,
        SandboxPath = new() { Type = Volume.Types.Source.Types.SandboxPath.Types.Type.Self, Path = path },
    };
}
