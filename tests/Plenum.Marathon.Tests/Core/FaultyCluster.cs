using Plenum.Marathon.Instances;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Tests.Core;

/// <summary>
/// The master and two agents of a simulation: carries out the core's calls, loses some of them, and has updates to tell
/// that are repeated until they are acknowledged. An agent can be lost with all its tasks, and comes back with some of them.
/// </summary>
internal sealed class FaultyCluster(CoreHarness core, Random random)
{
    private static readonly string[] Agents = ["agent-1", "agent-2"];

    // What really runs: task id to state, and the updates that were not acknowledged yet.
    private readonly SortedDictionary<string, TaskState> _tasks = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _agentOf = [];
    private readonly HashSet<string> _lost = [];
    private readonly List<TaskStatus> _unacknowledged = [];
    private readonly List<TaskStatus> _answers = [];
    private readonly HashSet<string> _ended = [];

    public bool IsConnected { get; private set; } = true;

    public bool IsFaulty { get; private set; } = true;

    public IReadOnlyDictionary<string, TaskState> Tasks => _tasks;

    public IEnumerable<string> AgentsWithinReach => Agents.Where(agent => !_lost.Contains(agent));

    public string AgentOf(string task) => _agentOf[task];

    /// <summary>The tasks whose agent is there.</summary>
    public int TasksWithinReach => _tasks.Keys.Count(id => !IsLost(id));

    /// <summary>From here on nothing is lost any more, and what was comes back, the agent only if it does.</summary>
    public void EndFaults(bool agentReturns)
    {
        IsFaulty = false;
        if (!IsConnected)
        {
            Reconnect();
        }

        if (agentReturns)
        {
            _lost.ToList().ForEach(Return);
        }
    }

    public void Offer()
    {
        if (IsConnected)
        {
            core.GiveOffers([.. Agents.Where(agent => !_lost.Contains(agent)).Select(agent => core.Offer(agent))]);
            Carry();
        }
    }

    public void Deliver()
    {
        if (!IsConnected)
        {
            return;
        }

        var answers = _answers.ToList();
        _answers.Clear();
        foreach (var answer in answers)
        {
            // A master answers with what is true when it answers.
            answer.State = _tasks.TryGetValue(answer.TaskId.Value, out var state) ? state : TaskState.TaskGone;
            core.Report(answer);
        }

        foreach (var status in _unacknowledged.Where(status => !IsLost(status.TaskId.Value)).ToList())
        {
            // Lost ones are sent again; repeated ones come twice.
            if (!IsFaulty || random.Next(3) > 0)
            {
                core.Report(status);
            }
        }

        Carry();
    }

    /// <summary>What the core asked for.</summary>
    public void Carry()
    {
        foreach (var call in core.Calls.ToList())
        {
            switch (call.Type)
            {
                case Call.Types.Type.Accept:
                    foreach (var operation in call.Accept.Operations)
                    {
                        Launch(operation.Launch?.TaskInfos ?? operation.LaunchGroup?.TaskGroup.Tasks ?? Enumerable.Empty<TaskInfo>());
                    }

                    break;
                case Call.Types.Type.Kill when !(IsFaulty && random.Next(4) == 0):
                    var id = call.Kill.TaskId.Value;
                    if (_tasks.ContainsKey(id) && !IsLost(id))
                    {
                        End(id, TaskState.TaskKilled);
                    }
                    else
                    {
                        // A kill of an unknown task, or one out of reach, is answered like a question about it.
                        Answer(id);
                    }

                    break;
                case Call.Types.Type.Acknowledge:
                    _unacknowledged.RemoveAll(status => status.Uuid == call.Acknowledge.Uuid);
                    break;
                case Call.Types.Type.Reconcile when call.Reconcile.Tasks.Count == 0:
                    _tasks.Keys.ToList().ForEach(Answer);
                    break;
                case Call.Types.Type.Reconcile:
                    call.Reconcile.Tasks.Select(task => task.TaskId.Value).ToList().ForEach(Answer);
                    break;
            }
        }

        core.Calls.Clear();
    }

    public void FailOne()
    {
        var within = _tasks.Keys.Where(id => !IsLost(id)).ToList();
        if (within.Count > 0)
        {
            End(within[random.Next(within.Count)], random.Next(2) == 0 ? TaskState.TaskFailed : TaskState.TaskFinished);
        }
    }

    /// <summary>An agent is lost, or comes back if one was: there is always one that works.</summary>
    public void LoseOrReturn()
    {
        if (_lost.Count > 0)
        {
            Return(_lost.Single());
            return;
        }

        var agent = Agents[random.Next(Agents.Length)];
        _lost.Add(agent);
        foreach (var id in TasksOn(agent))
        {
            _tasks[id] = TaskState.TaskUnreachable;
            Answer(id);
        }

        // Who is not connected is told nothing.
        if (IsConnected)
        {
            core.Lose(agent);
        }
    }

    public void Disconnect()
    {
        core.Disconnect();
        IsConnected = false;
    }

    /// <summary>The orchestrator restarts, and nobody listens until it subscribes.</summary>
    public void Restart()
    {
        core.Restart(connect: false);
        IsConnected = false;
    }

    public void Reconnect()
    {
        _answers.Clear();
        core.Connect();
        IsConnected = true;
        Carry();
    }

    private void Return(string agent)
    {
        if (!_lost.Remove(agent))
        {
            return;
        }

        foreach (var id in TasksOn(agent))
        {
            if (random.Next(3) == 0)
            {
                End(id, TaskState.TaskFailed);
            }
            else if (_tasks.ContainsKey(id))
            {
                _tasks[id] = TaskState.TaskRunning;
                Answer(id);
            }
        }
    }

    private void Launch(IEnumerable<TaskInfo> tasks)
    {
        // A call may be lost with the connection: then the tasks never were.
        var isDropped = IsFaulty && random.Next(12) == 0;
        foreach (var task in tasks)
        {
            var id = task.TaskId.Value;
            (_tasks.ContainsKey(id) || _ended.Contains(id)).ShouldBeFalse($"{id} was launched twice");
            if (isDropped)
            {
                _ended.Add(id);
                continue;
            }

            _agentOf[id] = task.AgentId.Value;
            _tasks[id] = TaskState.TaskRunning;
            Tell(id, TaskState.TaskRunning);
        }
    }

    private void End(string id, TaskState state)
    {
        if (!_tasks.Remove(id))
        {
            return;
        }

        _ended.Add(id);
        Tell(id, state);

        // The agent ends the other containers of a pod with one that broke off, sooner or later.
        if (state != TaskState.TaskFinished && (!IsFaulty || random.Next(2) == 0))
        {
            foreach (var other in _tasks.Keys.Where(other => GroupOf(other) == GroupOf(id)).ToList())
            {
                End(other, TaskState.TaskKilled);
            }
        }
    }

    private static (InstanceId, int) GroupOf(string task) =>
        InstanceId.TryParseTask(task, out var id, out _, out var incarnation)
            ? (id, incarnation)
            : throw new InvalidOperationException($"{task} is no task of an instance");

    private List<string> TasksOn(string agent) => [.. _tasks.Keys.Where(id => _agentOf[id] == agent)];

    private bool IsLost(string task) => _agentOf.TryGetValue(task, out var agent) && _lost.Contains(agent);

    private void Tell(string id, TaskState state) => _unacknowledged.Add(core.Status(id, state, agent: _agentOf[id]));

    private void Answer(string id)
    {
        var answer = core.Status(id, TaskState.TaskGone);
        answer.ClearUuid();
        _answers.Add(answer);
    }
}
