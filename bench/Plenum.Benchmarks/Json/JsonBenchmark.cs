using System.Diagnostics;
using Google.Protobuf;
using Plenum.Benchmarks.Reporting;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Master;
using WireTask = Plenum.Protocol.V1.Task;
using WireTaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Benchmarks.Json;

/// <summary>
/// How fast a GET_STATE answer of about 1 MB is encoded and decoded. A state that several clients
/// poll must not become the master's main work: the promise is 100 MB/s for encoding.
/// </summary>
internal static class JsonBenchmark
{
    private const int TargetBytes = 1_000_000;
    private static readonly TimeSpan Span = TimeSpan.FromSeconds(2);

    public static IEnumerable<BenchmarkRow> Run()
    {
        var state = State();
        var json = MesosJson.Write(state);
        var size = $"GET_STATE of {json.Length / 1e6:0.0} MB";
        yield return new BenchmarkRow($"JSON: encode {size}", Measure(json.Length, () => MesosJson.Write(state).Length), "MB/s", 100);
        yield return new BenchmarkRow($"JSON: decode {size}", Measure(json.Length, () => MesosJson.Parse<Response>(json).GetState.GetTasks.Tasks.Count), "MB/s");
        yield return new BenchmarkRow("protobuf: encode the same", Measure(state.CalculateSize(), () => state.ToByteArray().Length), "MB/s");
    }

    private static double Measure(int bytes, Func<int> run)
    {
        // A second of warming lets the tiered compiler finish; the figure is the steady state.
        Repeat(run, TimeSpan.FromSeconds(1), out _);
        var runs = Repeat(run, Span, out var elapsed);
        return runs * (double)bytes / 1e6 / elapsed.TotalSeconds;
    }

    private static int Repeat(Func<int> run, TimeSpan atLeast, out TimeSpan elapsed)
    {
        var watch = Stopwatch.StartNew();
        var runs = 0;
        while (watch.Elapsed < atLeast)
        {
            run();
            runs++;
        }
        elapsed = watch.Elapsed;
        return runs;
    }

    private static Response State()
    {
        var state = new Response.Types.GetState
        {
            GetTasks = new(),
            GetAgents = new(),
            GetFrameworks = new(),
            GetExecutors = new(),
        };
        var tasks = state.GetTasks.Tasks;
        var sizeOfOne = MesosJson.Write(TaskNumber(0)).Length;
        for (var number = 0; number < TargetBytes / sizeOfOne; number++)
        {
            tasks.Add(TaskNumber(number));
        }
        return new Response { Type = Response.Types.Type.GetState, GetState = state };
    }

    // The shape of an app instance as Marathon starts it: resources, a running status with its
    // container, labels, ports, a health check.
    private static WireTask TaskNumber(int number)
    {
        var task = new WireTask
        {
            Name = "web.prod",
            TaskId = new() { Value = $"prod_web.instance-5f2c1f5e-0000-11ef-8a51-{number:x12}._app.1" },
            FrameworkId = new() { Value = "b5cc2c3e-7a56-4a3a-9f5a-0f43a7c4b1f4-0000" },
            AgentId = new() { Value = $"b5cc2c3e-7a56-4a3a-9f5a-0f43a7c4b1f4-S{number % 100}" },
            State = TaskState.TaskRunning,
            StatusUpdateState = TaskState.TaskRunning,
            StatusUpdateUuid = ByteString.CopyFrom(new byte[16]),
            Discovery = new() { Visibility = DiscoveryInfo.Types.Visibility.Framework, Name = "web.prod", Ports = new() },
            Labels = new(),
        };
        task.Discovery.Ports.Ports_.Add(new Port { Number = 31000 + (uint)(number % 1000), Name = "http", Protocol = "tcp" });
        task.Labels.Labels_.Add(new Label { Key = "HAPROXY_GROUP", Value = "external" });
        task.Resources.Add(Scalar("cpus", 0.1));
        task.Resources.Add(Scalar("mem", 128));
        task.Resources.Add(Scalar("disk", 0));
        task.Resources.Add(Ports((ulong)(31000 + (number % 1000))));
        var status = new WireTaskStatus
        {
            TaskId = task.TaskId,
            AgentId = task.AgentId,
            State = TaskState.TaskRunning,
            Source = WireTaskStatus.Types.Source.Executor,
            Timestamp = 1_700_000_000.123 + number,
            Uuid = ByteString.CopyFrom(new byte[16]),
            Healthy = true,
            ContainerStatus = new()
            {
                ContainerId = new() { Value = $"1f1f6e9e-55a1-4a1b-8a3d-{number:x12}" },
                ExecutorPid = 4711,
            },
        };
        status.ContainerStatus.NetworkInfos.Add(new NetworkInfo());
        status.ContainerStatus.NetworkInfos[0].IpAddresses.Add(
            new NetworkInfo.Types.IPAddress { IpAddress = "127.0.0.1", Protocol = NetworkInfo.Types.Protocol.Ipv4 });
        task.Statuses.Add(status);
        return task;
    }

    private static Resource Scalar(string name, double value) => new()
    {
        Name = name,
        Type = Value.Types.Type.Scalar,
        Scalar = new() { Value = value },
        AllocationInfo = new() { Role = "slave_public" },
    };

    private static Resource Ports(ulong port)
    {
        var resource = new Resource { Name = "ports", Type = Value.Types.Type.Ranges, Ranges = new() };
        resource.Ranges.Range.Add(new Value.Types.Range { Begin = port, End = port });
        return resource;
    }
}
