using System.Globalization;
using Google.Protobuf;
using Plenum.Kernel;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using WireTask = Plenum.Protocol.V1.Task;

namespace Plenum.Benchmarks.Kernel;

/// <summary>
/// A kernel that holds many agents and tasks, made the way a new leader gets them: frameworks subscribe, and
/// agents register with what they run. Tasks are those of Mesos' own benchmarks: 0.1 cpu, 5 MB, ten labels.
/// </summary>
internal sealed class LargeCluster
{
    private const int LabelsPerTask = 10;

    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly List<KernelEffect> _effects = [];

    public LargeCluster(KernelOptions? options = null) => Kernel = new ClusterKernel(options ?? Options);

    public static KernelOptions Options { get; } = new()
    {
        MasterInfo = new MasterInfo { Id = "bench", Ip = 0, Port = 5050 },
        AgentPingInterval = TimeSpan.FromDays(1),
        SchedulerHeartbeatInterval = TimeSpan.FromDays(1),
    };

    public ClusterKernel Kernel { get; }

    public DateTimeOffset Now { get; set; } = Start;

    public List<FrameworkID> Frameworks { get; } = [];

    /// <summary>What a store would hold.</summary>
    public Dictionary<string, byte[]> Registry { get; } = new(StringComparer.Ordinal);

    public long OffersMade { get; private set; }

    public void Subscribe(int frameworks)
    {
        for (var i = 1; i <= frameworks; i++)
        {
            var info = new FrameworkInfo { Name = $"bench-{i}", User = "root", FailoverTimeout = 3600 };
            Apply(new KernelCommand.Subscribe(
                new SchedulerStreamId(i),
                new Call { Type = Call.Types.Type.Subscribe, Subscribe = new Call.Types.Subscribe { FrameworkInfo = info } },
                null));
        }
    }

    /// <summary>The bytes agent <paramref name="number"/> sends first. An id makes it one that comes back.</summary>
    public byte[] Registration(int number, int tasks, string? id = null)
    {
        var name = $"agent-{number}";
        var register = new AgentMessage.Types.Register
        {
            AgentInfo = new AgentInfo { Hostname = name },
            Version = "1.11.0",
            Address = new Address { Hostname = name, Ip = $"10.{number >> 16}.{(number >> 8) & 255}.{number & 255}", Port = 5051 },
            Attempt = 1,
            Incarnation = ByteString.CopyFrom(Guid.NewGuid().ToByteArray()),
        };
        register.AgentInfo.Resources.AddRange(ResourceSet.Parse("cpus:20;mem:10240;disk:100000;ports:[31000-32000]").ToWire());
        if (id is not null)
        {
            register.AgentInfo.Id = new AgentID { Value = id };
        }

        for (var i = 0; i < tasks; i++)
        {
            var framework = Frameworks[((number * tasks) + i) % Frameworks.Count];
            register.Tasks.Add(NewTask(framework, id ?? name, $"{name}.{i}"));
        }

        return register.ToByteArray();
    }

    public void Register(int number, byte[] registration) => Apply(new KernelCommand.RegisterAgent(
        new AgentLinkId(number), AgentMessage.Types.Register.Parser.ParseFrom(registration)));

    public void Apply(KernelCommand command, Action<KernelEffect>? take = null)
    {
        Kernel.Apply(command, Now, _effects);
        foreach (var effect in _effects)
        {
            switch (effect)
            {
                case KernelEffect.WriteRegistry { Value: { } value } write:
                    Registry[write.Key] = value;
                    break;
                case KernelEffect.WriteRegistry write:
                    Registry.Remove(write.Key);
                    break;
                case KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Subscribed } subscribed }:
                    Frameworks.Add(subscribed.Subscribed.FrameworkId);
                    break;
                case KernelEffect.SendToScheduler { Event: { Type: Event.Types.Type.Offers } offered }:
                    OffersMade += offered.Offers.Offers_.Count;
                    break;
            }

            take?.Invoke(effect);
        }

        _effects.Clear();
    }

    private static WireTask NewTask(FrameworkID framework, string agent, string id)
    {
        var task = new WireTask
        {
            Name = "bench",
            TaskId = new TaskID { Value = id },
            FrameworkId = framework,
            AgentId = new AgentID { Value = agent },
            State = TaskState.TaskRunning,
            Labels = new Labels(),
        };
        task.Resources.Add(ResourceSet.Parse("cpus:0.1;mem:5").AllocatedTo("*").ToWire());
        for (var i = 0; i < LabelsPerTask; i++)
        {
            task.Labels.Labels_.Add(new Label { Key = string.Create(CultureInfo.InvariantCulture, $"key-{i}"), Value = "value" });
        }

        return task;
    }
}
