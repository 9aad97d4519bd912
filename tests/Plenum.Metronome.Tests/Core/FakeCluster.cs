using Google.Protobuf;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Metronome.Tests.Core;

/// <summary>
/// A master with agents as a framework sees them: offers, launches, kills, reconciliation, and updates that are repeated
/// until they are acknowledged.
/// </summary>
internal sealed class FakeCluster(int agents = 3, double cpusOfEach = 4)
{
    private readonly Dictionary<string, FakeTask> _tasks = new(StringComparer.Ordinal);
    private int _offers;

    public IEnumerable<FakeTask> Tasks => _tasks.Values;

    public IEnumerable<FakeTask> Alive => _tasks.Values.Where(static task => !task.IsOver);

    public bool IsSuppressed { get; private set; }

    /// <summary>Answers that the calls so far called for.</summary>
    public List<Event> Outbox { get; } = [];

    public Event Subscribed()
    {
        IsSuppressed = false;
        return new Event
        {
            Type = Event.Types.Type.Subscribed,
            Subscribed = new Event.Types.Subscribed { FrameworkId = new FrameworkID { Value = "F-1" } },
        };
    }

    /// <summary>One offer of each agent with all that is free there.</summary>
    public Event? Offers()
    {
        if (IsSuppressed)
        {
            return null;
        }

        var offers = new Event { Type = Event.Types.Type.Offers, Offers = new Event.Types.Offers() };
        for (var i = 0; i < agents; i++)
        {
            var agent = $"A-{i}";
            var free = cpusOfEach - Alive.Where(task => task.AgentId == agent).Sum(static task => task.Cpus);
            if (free > 0)
            {
                offers.Offers.Offers_.Add(OfferOf(agent, free));
            }
        }

        return offers;
    }

    public void Call(Call call)
    {
        switch (call.Type)
        {
            case Protocol.V1.Scheduler.Call.Types.Type.Suppress:
                IsSuppressed = true;
                break;
            case Protocol.V1.Scheduler.Call.Types.Type.Revive:
                IsSuppressed = false;
                break;
            case Protocol.V1.Scheduler.Call.Types.Type.Accept:
                foreach (var info in call.Accept.Operations.SelectMany(static operation => operation.Launch?.TaskInfos ?? []))
                {
                    _tasks.TryAdd(info.TaskId.Value, new FakeTask(info));
                }

                break;
            case Protocol.V1.Scheduler.Call.Types.Type.Kill:
                Kill(call.Kill.TaskId.Value);
                break;
            case Protocol.V1.Scheduler.Call.Types.Type.Acknowledge:
                if (_tasks.TryGetValue(call.Acknowledge.TaskId.Value, out var told) && told.Pending == call.Acknowledge.Uuid)
                {
                    told.Pending = null;
                }

                break;
            case Protocol.V1.Scheduler.Call.Types.Type.Reconcile:
                Reconcile(call.Reconcile);
                break;
            default:
                break;
        }
    }

    /// <summary>What an agent says of a task, new or again.</summary>
    public static Event Status(FakeTask task, string? message = null)
    {
        task.Pending ??= ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
        return new Event
        {
            Type = Event.Types.Type.Update,
            Update = new Event.Types.Update
            {
                Status = new TaskStatus
                {
                    TaskId = new TaskID { Value = task.Id },
                    AgentId = new AgentID { Value = task.AgentId },
                    State = task.State,
                    Uuid = task.Pending,
                    Message = message ?? task.State.ToString(),
                },
            },
        };
    }

    /// <summary>Updates that wait for their acknowledgement; agents repeat them.</summary>
    public IEnumerable<Event> Repeated() => [.. _tasks.Values.Where(static task => task.Pending is not null).Select(static task => Status(task))];

    private void Kill(string id)
    {
        if (_tasks.TryGetValue(id, out var task))
        {
            if (!task.IsOver)
            {
                task.State = TaskState.TaskKilled;
                task.Pending = null;
                Outbox.Add(Status(task));
            }
        }
        else
        {
            Outbox.Add(Word(id, TaskState.TaskUnknown));
        }
    }

    private void Reconcile(Call.Types.Reconcile asked)
    {
        if (asked.Tasks.Count == 0)
        {
            Outbox.AddRange(Alive.Select(static task => Word(task.Id, task.State, task.AgentId)));
            return;
        }

        foreach (var task in asked.Tasks)
        {
            Outbox.Add(_tasks.TryGetValue(task.TaskId.Value, out var known)
                ? Word(known.Id, known.State, known.AgentId)
                : Word(task.TaskId.Value, TaskState.TaskGone, task.AgentId.Value));
        }
    }

    private static Event Word(string id, TaskState state, string agent = "A-0") => new()
    {
        Type = Event.Types.Type.Update,
        Update = new Event.Types.Update
        {
            Status = new TaskStatus
            {
                TaskId = new TaskID { Value = id }, AgentId = new AgentID { Value = agent }, State = state,
                Reason = TaskStatus.Types.Reason.Reconciliation, Message = "reconciled",
            },
        },
    };

    private Offer OfferOf(string agent, double cpus) => new()
    {
        Id = new OfferID { Value = $"O-{++_offers}" },
        AgentId = new AgentID { Value = agent },
        FrameworkId = new FrameworkID { Value = "F-1" },
        Hostname = $"host-{agent}",
        AllocationInfo = new Resource.Types.AllocationInfo { Role = "*" },
        Resources = { Scalar("cpus", cpus), Scalar("mem", 4096), Scalar("disk", 10_000) },
    };

    private static Resource Scalar(string name, double value) => new()
    {
        Name = name, Type = Value.Types.Type.Scalar, Scalar = new Value.Types.Scalar { Value = value },
    };
}

internal sealed class FakeTask(TaskInfo info)
{
    public TaskInfo Info { get; } = info;

    public string Id => Info.TaskId.Value;

    public string AgentId => Info.AgentId.Value;

    public double Cpus => Info.Resources.Where(static resource => resource.Name == "cpus").Sum(static resource => resource.Scalar.Value);

    public TaskState State { get; set; } = TaskState.TaskStaging;

    public ByteString? Pending { get; set; }

    public bool IsOver => State is TaskState.TaskFinished or TaskState.TaskFailed or TaskState.TaskKilled;
}
