using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Launching;
using Plenum.Agent.Limits;
using Plenum.Agent.Loop;
using Plenum.Agent.Metrics;
using Plenum.Agent.Providers;
using Plenum.Http.Diagnostics;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Agent.Operator;

/// <summary>The answers of the reading calls.</summary>
internal sealed class OperatorReads(
    AgentLoop loop,
    AgentIdentity identity,
    IContainerRuntime runtime,
    ContainerDirector containers,
    DiskWatcher diskUse,
    SessionRegistry sessions,
    NestedContainers nested,
    AgentMetrics metrics,
    LogVerbosity verbosity)
{
    /// <summary>Null: not a reading call.</summary>
    public async Task<Response?> AnswerAsync(Call call, CancellationToken cancellationToken) => call.Type switch
    {
        Call.Types.Type.GetHealth => new Response
        {
            Type = Response.Types.Type.GetHealth,
            GetHealth = new Response.Types.GetHealth { Healthy = true },
        },
        Call.Types.Type.GetFlags => new Response
        {
            Type = Response.Types.Type.GetFlags,
            GetFlags = new Response.Types.GetFlags
            {
                Flags = { identity.Flags.Select(static flag => new Flag { Name = flag.Key, Value = flag.Value }) },
            },
        },
        Call.Types.Type.GetVersion => new Response
        {
            Type = Response.Types.Type.GetVersion,
            GetVersion = new Response.Types.GetVersion { VersionInfo = identity.Version },
        },
        Call.Types.Type.GetLoggingLevel => new Response
        {
            Type = Response.Types.Type.GetLoggingLevel,
            GetLoggingLevel = new Response.Types.GetLoggingLevel { Level = verbosity.Level },
        },
        _ => Answer(call, await loop.SnapshotAsync(cancellationToken)),
    };

    private Response? Answer(Call call, AgentSnapshot snapshot) => call.Type switch
    {
        Call.Types.Type.GetResourceProviders => new Response
        {
            Type = Response.Types.Type.GetResourceProviders,
            GetResourceProviders = ProviderCalls.Describe(snapshot.Providers),
        },
        Call.Types.Type.GetOperations => new Response
        {
            Type = Response.Types.Type.GetOperations,
            GetOperations = new Response.Types.GetOperations { Operations = { snapshot.Operations } },
        },
        Call.Types.Type.GetMetrics => new Response
        {
            Type = Response.Types.Type.GetMetrics,
            GetMetrics = new Response.Types.GetMetrics
            {
                Metrics = { metrics.Snapshot(snapshot).Select(static pair => new Metric { Name = pair.Key, Value = pair.Value }) },
            },
        },
        Call.Types.Type.GetState => new Response
        {
            Type = Response.Types.Type.GetState,
            GetState = new Response.Types.GetState
            {
                GetTasks = Tasks(snapshot),
                GetExecutors = Executors(snapshot),
                GetFrameworks = Frameworks(snapshot),
            },
        },
        Call.Types.Type.GetTasks => new Response { Type = Response.Types.Type.GetTasks, GetTasks = Tasks(snapshot) },
        Call.Types.Type.GetExecutors => new Response
        {
            Type = Response.Types.Type.GetExecutors,
            GetExecutors = Executors(snapshot),
        },
        Call.Types.Type.GetFrameworks => new Response
        {
            Type = Response.Types.Type.GetFrameworks,
            GetFrameworks = Frameworks(snapshot),
        },
        Call.Types.Type.GetAgent => new Response
        {
            Type = Response.Types.Type.GetAgent,
            GetAgent = new Response.Types.GetAgent
            {
                AgentInfo = identity.InfoOf(snapshot),
                DrainConfig = snapshot.Drain?.Config,
                EstimatedDrainStartTime = snapshot.Drain?.Started,
            },
        },
        Call.Types.Type.GetContainers => new Response
        {
            Type = Response.Types.Type.GetContainers,
            GetContainers = Containers(call.GetContainers ?? new Call.Types.GetContainers(), snapshot),
        },
        _ => null,
    };

    private static Response.Types.GetTasks Tasks(AgentSnapshot snapshot)
    {
        var answer = new Response.Types.GetTasks();
        foreach (var (_, executor) in snapshot.Executors)
        {
            foreach (var task in executor.Tasks)
            {
                var list = task.Queued ? answer.QueuedTasks : task.Terminated ? answer.TerminatedTasks : answer.LaunchedTasks;
                list.Add(task.Task);
            }
        }

        foreach (var framework in snapshot.Frameworks.Concat(snapshot.CompletedFrameworks))
        {
            answer.CompletedTasks.AddRange(framework.CompletedExecutors
                .Concat(framework.Executors)
                .SelectMany(static executor => executor.CompletedTasks)
                .Select(static task => task.Task));
        }

        return answer;
    }

    private static Response.Types.GetExecutors Executors(AgentSnapshot snapshot) => new()
    {
        Executors =
        {
            snapshot.Executors
                .Where(static pair => pair.Executor.State != ExecutorState.Terminated)
                .Select(static pair => new Response.Types.GetExecutors.Types.Executor { ExecutorInfo = pair.Executor.Info }),
        },
        CompletedExecutors =
        {
            snapshot.Frameworks.Concat(snapshot.CompletedFrameworks)
                .SelectMany(static framework => framework.CompletedExecutors)
                .Select(static executor => new Response.Types.GetExecutors.Types.Executor { ExecutorInfo = executor.Info }),
        },
    };

    private static Response.Types.GetFrameworks Frameworks(AgentSnapshot snapshot) => new()
    {
        Frameworks = { snapshot.Frameworks.Select(Framework) },
        CompletedFrameworks = { snapshot.CompletedFrameworks.Select(Framework) },
    };

    private static Response.Types.GetFrameworks.Types.Framework Framework(FrameworkSnapshot framework) =>
        new() { FrameworkInfo = framework.Info };

    private Response.Types.GetContainers Containers(Call.Types.GetContainers call, AgentSnapshot snapshot)
    {
        var answer = new Response.Types.GetContainers();
        foreach (var (framework, executor) in snapshot.Executors)
        {
            if (executor.State != ExecutorState.Terminated)
            {
                Add(executor.Container, executor.Pid, framework, executor, statistics => Allotment.Describe(executor, statistics));
            }

            foreach (var task in call.ShowNested && executor.Kind == ContainerKind.Pod ? executor.Tasks : [])
            {
                if (task is { Terminated: false, Container: { } container })
                {
                    Add(container, task.Pid, framework, executor, statistics => Allotment.Describe(task, statistics));
                }
            }
        }

        if (call.ShowNested)
        {
            answer.Containers.AddRange(sessions.Open.Select(static session => Bare(session.Key)));
        }

        answer.Containers.AddRange(nested.Running
            .Where(key => key.Parent is null ? call.ShowStandalone : call.ShowNested)
            .Select(static key => Bare(key)));
        return answer;

        void Add(ContainerId id, int? pid, FrameworkSnapshot framework, ExecutorSnapshot executor, Func<ResourceStatistics?, ResourceStatistics?> allot)
        {
            if (containers.KeyOf(id) is not { } key)
            {
                return;
            }

            var entry = Bare(key);
            entry.FrameworkId = framework.Id.ToWire();
            entry.ExecutorId = executor.Id.ToWire();
            entry.ExecutorName = executor.Info.Name;
            entry.ResourceStatistics = allot(diskUse.Describe(key.Value, runtime.Statistics(key)));
            entry.ContainerStatus.NetworkInfos.AddRange(containers.NetworksOf(key));
            if (pid is { } known)
            {
                entry.ContainerStatus.ExecutorPid = (uint)known;
            }

            answer.Containers.Add(entry);
        }
    }

    private static Response.Types.GetContainers.Types.Container Bare(ContainerKey key) => new()
    {
        ContainerId = key.ToWire(),
        ContainerStatus = new ContainerStatus { ContainerId = key.ToWire() },
    };
}
