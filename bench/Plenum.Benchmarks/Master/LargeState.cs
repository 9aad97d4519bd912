using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Google.Protobuf;
using Plenum.Benchmarks.Kernel;
using Plenum.Benchmarks.Reporting;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Snapshots;
using Plenum.Master;
using Plenum.Master.State;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Benchmarks.Master;

/// <summary><c>/state</c> of a very large cluster, as many tasks ended as running: from the snapshot to its last byte.</summary>
internal static class LargeState
{
    private const int FrameworkCount = 100;
    private const int TasksPerAgent = 20;
    private const int Times = 5;

    private static readonly int[] Sizes = [5_000, 10_000, 20_000];

    public static IEnumerable<BenchmarkRow> Run()
    {
        var measured = new List<double>();
        foreach (var agents in Sizes)
        {
            var snapshot = Fill(agents);
            var (running, ended) = (snapshot.Tasks.Count, snapshot.Frameworks.Sum(framework => framework.CompletedTasks.Count));
            var options = new MasterOptions();
            var endpoint = new IPEndPoint(IPAddress.Loopback, 5050);
            var state = new V0State(
                new MasterIdentity(options, endpoint, DateTimeOffset.UnixEpoch), new MasterFlags(options, LargeCluster.Options, endpoint));

            // The first writing makes the fragments of tasks that later ones use again: a dashboard asks for ever.
            var first = Write(state, snapshot, out var bytes);
            var later = Medians.Of(Enumerable.Range(0, Times).Select(_ => Write(state, snapshot, out bytes)));
            measured.Add(later);
            var largest = agents == Sizes[^1];
            var what = string.Create(CultureInfo.InvariantCulture, $"/state of {agents:N0} agents, {running:N0} running, {ended:N0} ended tasks");
            yield return new BenchmarkRow($"{what}: whole", later, "s", largest ? 2 : null, LowerIsBetter: true);
            yield return new BenchmarkRow($"{what}: the first", first, "s");
            yield return new BenchmarkRow($"{what}: size", bytes / 1e6, "MB");
        }

        yield return new BenchmarkRow(
            "/state: exponent of the growth over these sizes",
            Math.Log(measured[^1] / measured[0]) / Math.Log((double)Sizes[^1] / Sizes[0]),
            string.Empty);
    }

    private static double Write(V0State state, ClusterSnapshot snapshot, out long bytes)
    {
        var clock = Stopwatch.StartNew();
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true }))
        {
            state.WriteState(json, snapshot);
        }

        bytes = output.WrittenCount;
        return clock.Elapsed.TotalSeconds;
    }

    private static ClusterSnapshot Fill(int agents)
    {
        var tasks = agents * TasksPerAgent;
        var cluster = new LargeCluster(LargeCluster.Options with { MaxCompletedTasksPerFramework = tasks / FrameworkCount });
        cluster.Subscribe(FrameworkCount);
        for (var i = 1; i <= agents; i++)
        {
            cluster.Register(i, cluster.Registration(i, TasksPerAgent));
        }

        // Every second task ends and is acknowledged.
        var number = 0;
        foreach (var task in cluster.Kernel.Snapshot().Tasks.Where(_ => number++ % 2 == 0).ToList())
        {
            var id = new TaskID { Value = task.Id.Value };
            var agent = new AgentID { Value = task.AgentId.Value };
            var uuid = ByteString.CopyFrom(Guid.NewGuid().ToByteArray());
            var link = int.Parse(task.Id.Value.Split('.')[0]["agent-".Length..], CultureInfo.InvariantCulture);
            var framework = new FrameworkID { Value = task.FrameworkId.Value };
            cluster.Apply(new KernelCommand.AgentMessageReceived(
                new AgentLinkId(link),
                new AgentMessage
                {
                    StatusUpdate = new AgentMessage.Types.StatusUpdate
                    {
                        FrameworkId = framework,
                        LatestState = TaskState.TaskFinished,
                        Status = new TaskStatus
                        {
                            TaskId = id,
                            AgentId = agent,
                            State = TaskState.TaskFinished,
                            Source = TaskStatus.Types.Source.Executor,
                            Uuid = uuid,
                        },
                    },
                }));
            cluster.Apply(new KernelCommand.SchedulerCall(
                new SchedulerStreamId(cluster.Frameworks.IndexOf(framework) + 1),
                new Call
                {
                    FrameworkId = framework,
                    Type = Call.Types.Type.Acknowledge,
                    Acknowledge = new Call.Types.Acknowledge { AgentId = agent, TaskId = id, Uuid = uuid },
                }));
        }

        return cluster.Kernel.Snapshot();
    }
}
