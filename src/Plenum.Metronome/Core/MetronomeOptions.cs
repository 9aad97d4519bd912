using System.Net;

namespace Plenum.Metronome.Core;

/// <summary>Settings of the job scheduler. Defaults are the original's where it had any.</summary>
public sealed record MetronomeOptions
{
    public const int DefaultPort = 9000;

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Loopback only until the cluster knows identities.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>What clients reach the leader under, as <c>host:port</c>; null is the listening address.</summary>
    public string? Leader { get; init; }

    public string FrameworkName { get; init; } = "metronome";

    /// <summary>User of tasks whose job names none.</summary>
    public string User { get; init; } = "root";

    public string Role { get; init; } = "*";

    public string? MasterUri { get; init; }

    public TimeSpan FailoverTimeout { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Ended runs kept of each job: so many that succeeded, so many that failed, and so many skipped ticks. The original
    /// kept 1000 in its code and 10 in its documentation; this many are read by people and stay small in memory.
    /// </summary>
    public int HistoryCount { get; init; } = 100;

    /// <summary>Requests that may wait in the loop's queue.</summary>
    public int MaxPendingRequests { get; init; } = 500;

    public TimeSpan DeclineDuration { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Runs that one offer takes in a round over all offers at hand, so that a burst spreads over the agents.</summary>
    public int MaxTasksPerOffer { get; init; } = 5;

    /// <summary>Mean time between revives once the burst is used up.</summary>
    public TimeSpan MinReviveInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Revives that may leave without waiting: a tick must not wait for the interval.</summary>
    public int ReviveBurst { get; init; } = 20;

    /// <summary>A launch that nobody confirmed by then is asked for.</summary>
    public TimeSpan TaskLaunchConfirmTimeout { get; init; } = TimeSpan.FromSeconds(300);

    public TimeSpan KillRetryInterval { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan ReconciliationInitialDelay { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan ReconciliationInterval { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>A task whose agent cannot be reached for so long counts as lost.</summary>
    public TimeSpan UnreachableTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Events that may wait for one client of the event stream before it is cut off.</summary>
    public int EventStreamCapacity { get; init; } = 1024;

    /// <summary>The agents' network that stands for <c>container/bridge</c> where the Docker engine is not asked for.</summary>
    public string MesosBridgeName { get; init; } = "mesos-bridge";

    /// <summary>The network of a container mode job that names none; without it such a job is refused.</summary>
    public string? DefaultNetworkName { get; init; }

    /// <summary>Seed of ids and of host port choice; null draws one when the server starts.</summary>
    public int? Seed { get; init; }

    /// <summary>What is wrong with these options, in words; null when nothing is.</summary>
    public string? Validate()
    {
        if (!IPAddress.IsLoopback(Address))
        {
            return $"Metronome listens on loopback only until the cluster knows identities; {Address} is refused";
        }

        if (Port is < 0 or > 65535)
        {
            return $"{Port} is not a port";
        }

        return HistoryCount < 1 || MaxPendingRequests < 1 || MaxTasksPerOffer < 1 || ReviveBurst < 1 || EventStreamCapacity < 1
            ? "every bound must be at least 1"
            : null;
    }
}
