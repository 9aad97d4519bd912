using System.Net;
using System.Net.Sockets;
using Plenum.Agent.Tests.Server;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Leaks;

/// <summary>Launches tasks of every sort, kills each as soon as it runs, and waits for the end of all.</summary>
/// <param name="master">Whose agent runs them.</param>
/// <param name="layout">An OCI layout with busybox.</param>
/// <param name="shared">A directory of the machine that some of them mount.</param>
internal sealed class Launches(FakeMaster master, string layout, string shared)
{
    /// <summary>Under way at once: the agent's launches overlap, and a small machine is not drowned.</summary>
    private const int AtOnce = 8;

    /// <summary>Below the ports that the kernel gives to those who ask for any.</summary>
    private const int FirstPort = 21_000;

    private const int LastPort = 29_000;

    private const string Bridge = "mesos-bridge";

    private readonly HashSet<string> _open = new(StringComparer.Ordinal);
    private int _started;
    private int _port = FirstPort + (System.Environment.ProcessId % 5_000);

    /// <summary>Number of sorts: so many launches in a row have each once.</summary>
    public static int Sorts => 7;

    /// <summary>Ids of all containers that were reported.</summary>
    public HashSet<string> Containers { get; } = new(StringComparer.Ordinal);

    public async Task RunAsync(int count)
    {
        var end = _started + count;
        while (_started < end || _open.Count > 0)
        {
            if (_started < end && _open.Count < AtOnce)
            {
                Launch(_started++);
                continue;
            }

            if ((await NextAsync()).StatusUpdate?.Status is { } status)
            {
                Take(status);
            }
        }
    }

    private async Task<AgentMessage> NextAsync()
    {
        try
        {
            return await master.ReceiveAsync();
        }
        catch (OperationCanceledException late)
        {
            throw new TimeoutException($"Nothing more was heard of {string.Join(", ", _open)}", late);
        }
    }

    private void Take(TaskStatus status)
    {
        for (var id = status.ContainerStatus?.ContainerId; id is not null; id = id.Parent)
        {
            Containers.Add(id.Value);
        }

        var task = status.TaskId.Value;
        switch (status.State)
        {
            case TaskState.TaskRunning when !task.StartsWith("ends", StringComparison.Ordinal) && !task.StartsWith("fails", StringComparison.Ordinal):
                master.Kill(task, TimeSpan.FromSeconds(30));
                break;
            case TaskState.TaskStarting or TaskState.TaskRunning or TaskState.TaskKilling:
                break;
            case TaskState.TaskKilled or TaskState.TaskFinished:
                _open.Remove(task);
                break;
            case TaskState.TaskFailed when task.StartsWith("fails", StringComparison.Ordinal):
                _open.Remove(task);
                break;
            default:
                throw new InvalidOperationException($"{task}: {status.State}: {status.Message}");
        }
    }

    private void Launch(int number)
    {
        switch (number % Sorts)
        {
            case 0:
                Run($"plain-{number}", "exec sleep 1000");
                break;
            case 1:
                Run($"terminal-{number}", "echo on; exec sleep 1000", static task => task.TtyInfo = new TTYInfo());
                break;
            case 2:
                Run($"image-{number}", "exec sleep 1000", task =>
                {
                    task.Type = ContainerInfo.Types.Type.Docker;
                    task.Docker = new ContainerInfo.Types.DockerInfo { Image = $"oci:{layout}", Network = ContainerInfo.Types.DockerInfo.Types.Network.None };
                });
                break;
            case 3:
                var port = NextPort();
                Run(
                    $"bridged-{number}",
                    "exec sleep 1000",
                    container => container.NetworkInfos.Add(new NetworkInfo
                    {
                        Name = Bridge,
                        PortMappings = { new NetworkInfo.Types.PortMapping { HostPort = port, ContainerPort = 80 } },
                    }),
                    task => task.Resources.Add(Ports(port)));
                break;
            case 4:
                Run($"ends-{number}", "touch shared/here own/here && ls shared own", container => container.Volumes.Add(
                [
                    new Volume { ContainerPath = "shared", HostPath = shared, Mode = Volume.Types.Mode.Rw },
                    new Volume { ContainerPath = "own", HostPath = "made", Mode = Volume.Types.Mode.Rw },
                    new Volume
                    {
                        ContainerPath = "packed",
                        Mode = Volume.Types.Mode.Rw,
                        Image = new Image { Type = Image.Types.Type.Docker, Docker = new Image.Types.Docker { Name = $"oci:{layout}" } },
                    },
                ]));
                break;
            case 5:
                // It fails after its network was made: what it names is no program.
                Run($"fails-{number}", "exec /no/such/program", static container => container.NetworkInfos.Add(new NetworkInfo { Name = Bridge }));
                break;
            default:
                Pod($"pod-{number}");
                break;
        }
    }

    private void Run(string name, string command, Action<ContainerInfo>? container = null, Action<TaskInfo>? more = null)
    {
        _open.Add(name);
        master.Run(FakeMaster.Task(name, command, task =>
        {
            if (container is not null)
            {
                task.Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos };
                container(task.Container);
            }

            more?.Invoke(task);
        }));
    }

    private void Pod(string name)
    {
        string[] tasks = [$"{name}-a", $"{name}-b"];
        _open.UnionWith(tasks);
        master.Send(new MasterMessage
        {
            RunTaskGroup = new MasterMessage.Types.RunTaskGroup
            {
                Framework = FakeMaster.Framework(),
                Executor = new ExecutorInfo
                {
                    Type = ExecutorInfo.Types.Type.Default,
                    ExecutorId = new ExecutorID { Value = name },
                    Container = new ContainerInfo { Type = ContainerInfo.Types.Type.Mesos, NetworkInfos = { new NetworkInfo { Name = Bridge } } },
                },
                TaskGroup = new TaskGroupInfo { Tasks = { tasks.Select(static task => FakeMaster.Task(task, "exec sleep 1000")) } },
            },
        });
    }

    /// <summary>A port that nobody listens at, of those that the kernel gives to nobody.</summary>
    public static uint FreePort()
    {
        for (var port = LastPort; ; port--)
        {
            if (IsFree(port))
            {
                return (uint)port;
            }
        }
    }

    private uint NextPort()
    {
        while (true)
        {
            _port = _port >= LastPort ? FirstPort : _port + 1;
            if (IsFree(_port))
            {
                return (uint)_port;
            }
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Any, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public static Resource Ports(uint port) => new()
    {
        Name = "ports",
        Type = Value.Types.Type.Ranges,
        Ranges = new Value.Types.Ranges { Range = { new Value.Types.Range { Begin = port, End = port } } },
    };
}
