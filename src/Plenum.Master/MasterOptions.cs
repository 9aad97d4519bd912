using System.Net;
using Plenum.Http.Access;
using Plenum.Http.Diagnostics;
using Plenum.Kernel.Allocation;

namespace Plenum.Master;

/// <summary>How one master is set up. Every bound has a default that suits a small cluster.</summary>
public sealed record MasterOptions
{
    /// <summary>Where the API listens. Anything but loopback is refused until callers have identities.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>Mesos' port; 0 takes a free one.</summary>
    public int Port { get; init; } = 5050;

    /// <summary>Name of this machine as other machines and clients are told.</summary>
    public string Hostname { get; init; } = "localhost";

    /// <summary>Name of the cluster in <c>/state</c>.</summary>
    public string ClusterName { get; init; } = "plenum";

    /// <summary>
    /// Identity of this master's life; framework, agent and offer ids start with it. A fresh one is
    /// made when null: ids of an earlier life must never be made again.
    /// </summary>
    public string? MasterId { get; init; }

    /// <summary>
    /// Largest request body. An ACCEPT that launches 2,000 tasks of 4 KiB each is 8 MiB.
    /// </summary>
    public int MaxRequestBodyBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Frameworks connected at once; Mesos clusters of record had some hundreds.</summary>
    public int MaxSchedulerStreams { get; init; } = 4_096;

    /// <summary>
    /// Events that wait for one framework. At 4,000 updates a second this is a stall of four seconds;
    /// a framework further behind is disconnected and reconciles when it comes back.
    /// </summary>
    public int MaxQueuedEvents { get; init; } = 16_384;

    /// <summary>Agents linked at once, with room above the 10,000 that Mesos clusters reached.</summary>
    public int MaxAgentLinks { get; init; } = 20_000;

    /// <summary>Messages that wait for one agent; an agent further behind must register again.</summary>
    public int MaxQueuedAgentMessages { get; init; } = 16_384;

    /// <summary>Readers of the operator stream; Mesos closes the oldest beyond 1,000.</summary>
    public int MaxOperatorStreams { get; init; } = 1_000;

    /// <summary>Events that wait for one reader of the operator stream before it is dropped.</summary>
    public int MaxQueuedOperatorEvents { get; init; } = 16_384;

    /// <summary>Serve frameworks that are linked with the old driver (libmesos) and speak libprocess instead of HTTP.</summary>
    public bool Libprocess { get; init; } = true;

    /// <summary>Order in which sibling roles are served; DC/OS draws lots.</summary>
    public SorterKind RoleSorter { get; init; }

    /// <summary>Order in which the frameworks of a role are served.</summary>
    public SorterKind FrameworkSorter { get; init; }

    /// <summary>Unanswered offers are rescinded after this, as in DC/OS; null never does, as Mesos by itself.</summary>
    public TimeSpan? OfferTimeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>File that names the agents to offer, one hostname a line; null offers all of them.</summary>
    public string? WhitelistFile { get; init; }

    /// <summary>Shortest time between two agents declared unreachable; null, the default of Mesos too, is no limit.</summary>
    public TimeSpan? AgentRemovalInterval { get; init; }

    /// <summary>Mesos' interval; clients take five missed ones for a broken stream.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Least time between two answers of <c>/metrics/snapshot</c>.</summary>
    public TimeSpan MetricsInterval { get; init; } = RequestPace.OfMetrics;

    /// <summary>The file that this process's log goes to, for those who read it over the API; null when there is none.</summary>
    public string? LogFile { get; init; }

    /// <summary>How much the process logs. Whoever gives it filters the loggers by it; without one nothing hears of a change.</summary>
    public LogVerbosity? Verbosity { get; init; }

    /// <summary>Decides who may do what.</summary>
    public IAccessPolicy Access { get; init; } = LocalAccess.Instance;

    /// <summary>Says what is wrong with these options, or null.</summary>
    internal string? Validate()
    {
        if (!IPAddress.IsLoopback(Address))
        {
            return $"The master listens on loopback only: whoever reaches {Address} could run programs on every "
                + "machine, and callers have no identity yet. Use 127.0.0.1 and a tunnel.";
        }

        if (Port is < 0 or > 65_535)
        {
            return $"{Port} is not a port.";
        }

        if (HeartbeatInterval <= TimeSpan.Zero)
        {
            return "The heartbeat interval must be positive.";
        }

        if (AgentRemovalInterval <= TimeSpan.Zero)
        {
            return "The interval between removals of agents must be positive, or none.";
        }

        if (OfferTimeout <= TimeSpan.Zero)
        {
            return "The offer timeout must be positive, or none.";
        }

        (string Name, int Value)[] bounds =
        [
            (nameof(MaxRequestBodyBytes), MaxRequestBodyBytes),
            (nameof(MaxSchedulerStreams), MaxSchedulerStreams),
            (nameof(MaxQueuedEvents), MaxQueuedEvents),
            (nameof(MaxAgentLinks), MaxAgentLinks),
            (nameof(MaxQueuedAgentMessages), MaxQueuedAgentMessages),
            (nameof(MaxOperatorStreams), MaxOperatorStreams),
            (nameof(MaxQueuedOperatorEvents), MaxQueuedOperatorEvents),
        ];
        foreach (var (name, value) in bounds)
        {
            if (value <= 0)
            {
                return $"{name} must be positive.";
            }
        }

        return null;
    }
}
