using Google.Protobuf;
using Plenum.Kernel.Commands;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Benchmarks.Soak;

/// <summary>
/// One machine: runs tasks for a while, loses its link, comes back with what it had or as a new machine, leaves, is sent
/// away.
/// </summary>
internal sealed class SoakAgent(SoakWorld world, int number)
{
    private readonly Dictionary<string, (WireTask Task, DateTimeOffset End)> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<ByteString, AgentMessage> _unacknowledged = [];
    private AgentLinkId? _link;
    private DateTimeOffset _awayUntil;

    public AgentId? Id { get; private set; }

    public string Hostname { get; } = $"machine-{number}";

    public string Ip { get; } = $"10.0.0.{number + 1}";

    public void Second()
    {
        if (_link is not { } link)
        {
            if (world.Now >= _awayUntil)
            {
                _link = world.Open(this, Registration());
            }

            return;
        }

        if (world.Chance(0.002))
        {
            // Away for moments, for longer than its tasks may be, or for ever under this name.
            _link = null;
            _awayUntil = world.Now + TimeSpan.FromSeconds(world.Random.Next(1, world.Chance(0.5) ? 1_500 : 20));
            if (world.Chance(0.3))
            {
                Forget();
            }

            world.Close(link);
            return;
        }

        foreach (var (id, (task, end)) in _tasks.Where(entry => entry.Value.End <= world.Now).ToList())
        {
            _tasks.Remove(id);
            Report(task.FrameworkId, task.TaskId, world.Chance(0.9) ? TaskState.TaskFinished : TaskState.TaskFailed);
        }
    }

    public void Hear(AgentLinkId link, MasterMessage message)
    {
        switch (message.MessageCase)
        {
            case MasterMessage.MessageOneofCase.Registered:
                Id = message.Registered.AgentId;
                foreach (var unacknowledged in _unacknowledged.Values)
                {
                    Say(unacknowledged.Clone(), link);
                }

                break;
            case MasterMessage.MessageOneofCase.Ping:
                Say(new AgentMessage { Pong = new AgentMessage.Types.Pong { Sequence = message.Ping.Sequence } }, link);
                break;
            case MasterMessage.MessageOneofCase.RunTask:
                Start(message.RunTask);
                break;
            case MasterMessage.MessageOneofCase.KillTask:
                if (_tasks.Remove(message.KillTask.TaskId.Value, out var killed))
                {
                    Report(killed.Task.FrameworkId, killed.Task.TaskId, TaskState.TaskKilled);
                }

                break;
            case MasterMessage.MessageOneofCase.AcknowledgeStatus:
                _unacknowledged.Remove(message.AcknowledgeStatus.Uuid);
                break;
            case MasterMessage.MessageOneofCase.ApplyOperation:
                Finish(message.ApplyOperation, link);
                break;
            case MasterMessage.MessageOneofCase.ShutdownFramework:
                foreach (var id in _tasks.Where(entry => entry.Value.Task.FrameworkId.Equals(message.ShutdownFramework.FrameworkId)).Select(entry => entry.Key).ToList())
                {
                    _tasks.Remove(id);
                }

                break;
            case MasterMessage.MessageOneofCase.Shutdown:
                // Marked gone: the machine comes back as a new one.
                Forget();
                break;
        }
    }

    public void Ended(AgentLinkId link)
    {
        if (_link == link)
        {
            _link = null;
            _awayUntil = world.Now + TimeSpan.FromSeconds(world.Random.Next(1, 10));
        }
    }

    private void Forget()
    {
        Id = null;
        _tasks.Clear();
        _unacknowledged.Clear();
    }

    private void Start(MasterMessage.Types.RunTask run)
    {
        var task = new WireTask
        {
            Name = run.Task.Name,
            TaskId = run.Task.TaskId,
            FrameworkId = run.Framework.Id,
            AgentId = run.Task.AgentId,
            State = TaskState.TaskRunning,
        };
        task.Resources.AddRange(run.Task.Resources.Select(resource => resource.Clone()));
        _tasks[run.Task.TaskId.Value] = (task, world.Now + TimeSpan.FromSeconds(world.Random.Next(2, 40)));
        Report(run.Framework.Id, run.Task.TaskId, TaskState.TaskRunning);
    }

    private void Report(FrameworkID framework, TaskID task, TaskState state)
    {
        var uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
        var message = new AgentMessage
        {
            StatusUpdate = new AgentMessage.Types.StatusUpdate
            {
                FrameworkId = framework,
                LatestState = state,
                Status = new TaskStatus { TaskId = task, State = state, Source = TaskStatus.Types.Source.Executor, Uuid = uuid, AgentId = Id!.Value.ToWire() },
            },
        };
        _unacknowledged[uuid] = message;
        if (_link is { } link)
        {
            Say(message.Clone(), link);
        }
    }

    private void Finish(MasterMessage.Types.ApplyOperation order, AgentLinkId link) => Say(
        new AgentMessage
        {
            OperationUpdate = new AgentMessage.Types.OperationUpdate
            {
                FrameworkId = order.FrameworkId,
                OperationUuid = order.OperationUuid,
                Status = new OperationStatus
                {
                    OperationId = order.Info.Id, State = OperationState.OperationFinished, Uuid = new UUID { Value = order.OperationUuid }, AgentId = Id!.Value.ToWire(),
                },
            },
        },
        link);

    private void Say(AgentMessage message, AgentLinkId link) => world.Later(new KernelCommand.AgentMessageReceived(link, message));

    private AgentMessage.Types.Register Registration()
    {
        var register = new AgentMessage.Types.Register
        {
            AgentInfo = new AgentInfo { Hostname = Hostname, Port = 5051 },
            Version = "1.11.0",
            Address = new Address { Hostname = Hostname, Ip = Ip, Port = 5051 },
        };
        if (Id is { } id)
        {
            register.AgentInfo.Id = id.ToWire();
        }

        register.Capabilities.AddRange(
            ((AgentInfo.Types.Capability.Types.Type[])[
                AgentInfo.Types.Capability.Types.Type.MultiRole, AgentInfo.Types.Capability.Types.Type.HierarchicalRole,
                AgentInfo.Types.Capability.Types.Type.ReservationRefinement, AgentInfo.Types.Capability.Types.Type.AgentOperationFeedback,
                AgentInfo.Types.Capability.Types.Type.AgentDraining,
            ]).Select(static type => new AgentInfo.Types.Capability { Type = type }));
        register.AgentInfo.Resources.AddRange(ResourceSet.Parse("cpus:16;mem:16384;disk:10000;ports:[31000-31999]").ToWire());
        register.Tasks.AddRange(_tasks.Values.Select(entry => entry.Task.Clone()));
        return register;
    }
}
