using Plenum.Kernel.Validation;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Tests.Validation;

/// <summary>Valid messages that each test breaks in one place.</summary>
internal static class Rules
{
    internal const string Role = "web";

    internal const string Agent = "agent-1";

    internal static LaunchContext Context(
        string available = "cpus:4;mem:4096;disk:4096;gpus:2;ports:[31000-31010]",
        bool hasTaskLimits = true,
        string? knownTask = null,
        ExecutorInfo? live = null,
        bool? sharesCgroups = null) => new()
        {
            Agent = new AgentId(Agent),
            Framework = new FrameworkId("fw-1"),
            AllocationRole = Role,
            AgentHasTaskLimits = hasTaskLimits,
            IsTaskKnown = id => string.Equals(id.Value, knownTask, StringComparison.Ordinal),
            LiveExecutor = id => live is not null && string.Equals(id.Value, live.ExecutorId.Value, StringComparison.Ordinal) ? live : null,
            SharesCgroups = _ => sharesCgroups,
            Available = ResourceSet.Parse(available).AllocatedTo(Role),
        };

    internal static TaskInfo Task(string id = "task-1", string resources = "cpus:1;mem:64;ports:[31000-31001]") => new()
    {
        Name = "task",
        TaskId = new TaskID { Value = id },
        AgentId = new AgentID { Value = Agent },
        Resources = { ResourceSet.Parse(resources).ToWire() },
        Command = new CommandInfo { Value = "sleep 1" },
    };

    internal static ExecutorInfo Executor(string resources = "cpus:0.1;mem:32;ports:[31005-31005]") => new()
    {
        ExecutorId = new ExecutorID { Value = "executor-1" },
        Command = new CommandInfo { Value = "./executor" },
        Resources = { ResourceSet.Parse(resources).ToWire() },
    };

    internal static ExecutorInfo PodExecutor(string resources = "cpus:0.1;mem:32;disk:10") => new()
    {
        Type = ExecutorInfo.Types.Type.Default,
        ExecutorId = new ExecutorID { Value = "executor-1" },
        Resources = { ResourceSet.Parse(resources).ToWire() },
    };

    internal static TaskInfo WithExecutor(ExecutorInfo executor)
    {
        var task = Task();
        task.Command = null;
        task.Executor = executor;
        return task;
    }

    internal static Resource Volume(string id = "data", string role = Role, string principal = "ops", double size = 100) => new()
    {
        Name = "disk",
        Type = Value.Types.Type.Scalar,
        Scalar = new Value.Types.Scalar { Value = size },
        Reservations = { Dynamic(role, principal) },
        Disk = new Resource.Types.DiskInfo
        {
            Persistence = new Resource.Types.DiskInfo.Types.Persistence { Id = id, Principal = principal },
            Volume = new Volume { ContainerPath = "data", Mode = Plenum.Protocol.V1.Volume.Types.Mode.Rw },
        },
    };

    internal static Resource.Types.ReservationInfo Dynamic(string role, string principal = "ops") => new()
    {
        Type = Resource.Types.ReservationInfo.Types.Type.Dynamic,
        Role = role,
        Principal = principal,
    };

    internal static ContainerInfo Docker() => new()
    {
        Type = ContainerInfo.Types.Type.Docker,
        Docker = new ContainerInfo.Types.DockerInfo { Image = "nginx" },
    };

    internal static ContainerInfo Mesos() => new()
    {
        Type = ContainerInfo.Types.Type.Mesos,
        Mesos = new ContainerInfo.Types.MesosInfo
        {
            Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = "nginx" } },
        },
    };
}
