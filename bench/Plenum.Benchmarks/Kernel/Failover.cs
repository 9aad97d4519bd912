using System.Diagnostics;
using System.Globalization;
using Google.Protobuf;
using Plenum.Benchmarks.Reporting;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Benchmarks.Kernel;

/// <summary>
/// A new leader: it reads the registry, every agent comes back with ten tasks, and a framework reconciles a
/// hundred thousand. Messages are parsed from and written to their bytes; sockets are not in it.
/// </summary>
internal static class Failover
{
    private const int TasksPerAgent = 10;
    private const int FrameworkCount = 10;
    private const int ReconciledTasks = 100_000;

    private static readonly int[] Sizes = [5_000, 10_000, 20_000];

    public static IEnumerable<BenchmarkRow> Run()
    {
        var measured = new List<double>();
        foreach (var agents in Sizes)
        {
            var (cluster, seconds) = Return(agents);
            measured.Add(seconds);
            var largest = agents == Sizes[^1];
            yield return new BenchmarkRow(
                string.Create(CultureInfo.InvariantCulture, $"failover: {agents:N0} agents with {TasksPerAgent} tasks each come back"),
                seconds,
                "s",
                largest ? 5 : null,
                LowerIsBetter: true);
            if (largest)
            {
                yield return new BenchmarkRow(
                    string.Create(CultureInfo.InvariantCulture, $"reconcile: {ReconciledTasks:N0} tasks named, every answer written"),
                    Reconcile(cluster),
                    "s",
                    1,
                    LowerIsBetter: true);
            }
        }

        yield return new BenchmarkRow(
            "failover: exponent of the growth over these sizes",
            Math.Log(measured[^1] / measured[0]) / Math.Log((double)Sizes[^1] / Sizes[0]),
            string.Empty);
    }

    private static (LargeCluster Cluster, double Seconds) Return(int agents)
    {
        // What the leader before left in the store, and what its agents will say.
        var before = new LargeCluster();
        before.Subscribe(FrameworkCount);
        var ids = new List<string>(agents);
        for (var i = 1; i <= agents; i++)
        {
            before.Apply(
                new KernelCommand.RegisterAgent(
                    new AgentLinkId(i), Protocol.Link.V1.AgentMessage.Types.Register.Parser.ParseFrom(before.Registration(i, tasks: 0))),
                effect =>
                {
                    if (effect is KernelEffect.SendToAgent { Message.Registered: { } registered })
                    {
                        ids.Add(registered.AgentId.Value);
                    }
                });
        }

        var registrations = ids.Select((id, index) => before.Registration(index + 1, TasksPerAgent, id)).ToList();

        var clock = Stopwatch.StartNew();
        var after = new LargeCluster();
        after.Kernel.Restore(before.Registry, after.Now);
        for (var i = 0; i < registrations.Count; i++)
        {
            after.Register(i + 1, registrations[i]);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        after.Frameworks.AddRange(before.Frameworks);
        var tasks = after.Kernel.Snapshot().Tasks.Count;
        return tasks == agents * TasksPerAgent
            ? (after, seconds)
            : throw new InvalidOperationException($"{tasks} tasks came back of {agents * TasksPerAgent}");
    }

    private static double Reconcile(LargeCluster cluster)
    {
        var framework = cluster.Frameworks[0];
        var stream = new SchedulerStreamId(1);
        var info = new FrameworkInfo { Name = "bench-1", User = "root", FailoverTimeout = 3600, Id = framework };
        cluster.Apply(new KernelCommand.Subscribe(
            stream,
            new Call
            {
                Type = Call.Types.Type.Subscribe,
                FrameworkId = framework,
                Subscribe = new Call.Types.Subscribe { FrameworkInfo = info },
            },
            null));
        var reconcile = new Call.Types.Reconcile();
        foreach (var task in cluster.Kernel.Snapshot().TasksOf(framework).Take(ReconciledTasks))
        {
            reconcile.Tasks.Add(new Call.Types.Reconcile.Types.Task { TaskId = new TaskID { Value = task.Id.Value } });
        }

        // The framework has a part of all tasks; the rest of the question is about tasks that nobody knows.
        for (var i = reconcile.Tasks.Count; i < ReconciledTasks; i++)
        {
            reconcile.Tasks.Add(new Call.Types.Reconcile.Types.Task { TaskId = new TaskID { Value = $"unknown.{i}" } });
        }

        var bytes = new Call { FrameworkId = framework, Type = Call.Types.Type.Reconcile, Reconcile = reconcile }.ToByteArray();
        var answers = 0;
        var clock = Stopwatch.StartNew();
        cluster.Apply(
            new KernelCommand.SchedulerCall(stream, Call.Parser.ParseFrom(bytes)),
            effect =>
            {
                if (effect is KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Update } update })
                {
                    update.ToByteArray();
                    answers++;
                }
            });
        return answers == ReconciledTasks
            ? clock.Elapsed.TotalSeconds
            : throw new InvalidOperationException($"{answers} answers to {ReconciledTasks} questions");
    }
}
