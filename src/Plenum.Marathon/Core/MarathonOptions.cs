using System.Net;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Core;

/// <summary>Settings of the orchestrator. Defaults are those that Marathon's clients know from <c>/v2/info</c>.</summary>
public sealed record MarathonOptions
{
    public const int DefaultPort = 8080;

    /// <summary>0 takes any free port.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Loopback only until the cluster knows identities.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>What clients reach the leader under, as <c>host:port</c>; null is the listening address.</summary>
    public string? Leader { get; init; }

    public string FrameworkName { get; init; } = "marathon";

    /// <summary>User of tasks whose app names none.</summary>
    public string User { get; init; } = "root";

    public string DefaultRole { get; init; } = "*";

    /// <summary>
    /// The role that reservations of stateful apps without a role of their own are made for: nothing can be reserved
    /// to <c>*</c>. The app is shown with its own role, its tasks with this one.
    /// </summary>
    public string ReservationRole { get; init; } = "marathon";

    /// <summary>Written on reservations and volumes as who made them.</summary>
    public string Principal { get; init; } = "marathon";

    /// <summary>The master's web page as clients see it; shown in <c>/v2/info</c>.</summary>
    public string? MasterUri { get; init; }

    public string? WebUiUri { get; init; }

    public TimeSpan FailoverTimeout { get; init; } = TimeSpan.FromDays(7);

    /// <summary>First and last service port, both included.</summary>
    public int ServicePortMin { get; init; } = 10000;

    public int ServicePortMax { get; init; } = 20000;

    /// <summary>Many open deployments slow a failover; the client is told to wait (403).</summary>
    public int MaxRunningDeployments { get; init; } = 100;

    /// <summary>Root updates and other requests that may wait in the loop's queue.</summary>
    public int MaxPendingRequests { get; init; } = 500;

    /// <summary>Versions kept of each service and of the root.</summary>
    public int MaxVersions { get; init; } = 50;

    public TimeSpan DeclineDuration { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Instances that one offer takes in a round over all offers at hand; rounds go on until nothing fits.</summary>
    public int MaxInstancesPerOffer { get; init; } = 5;

    /// <summary>
    /// Launches under way at one time: sent but not yet running. 1000 is what Marathon's operators found a good
    /// ceiling; its own token bucket of 100 per 30 s would make a burst wait for no reason.
    /// </summary>
    public int MaxLaunchesInFlight { get; init; } = 1000;

    /// <summary>Mean time between revives once the burst is used up.</summary>
    public TimeSpan MinReviveInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Revives that may leave without waiting, so that a new app never waits for the interval while a crash loop
    /// of hundreds of apps cannot flood the allocator.
    /// </summary>
    public int ReviveBurst { get; init; } = 20;

    public TimeSpan TaskLaunchConfirmTimeout { get; init; } = TimeSpan.FromSeconds(300);

    public TimeSpan TaskLaunchTimeout { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>A reservation that did not come back as an offer by then is made anew.</summary>
    public TimeSpan TaskReservationTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan KillRetryTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan ReconciliationInitialDelay { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan ReconciliationInterval { get; init; } = TimeSpan.FromSeconds(600);

    public TimeSpan ScaleAppsInitialDelay { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan ScaleAppsInterval { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>Marathon-level health and readiness probes that may be under way together.</summary>
    public int MaxConcurrentProbes { get; init; } = 256;

    /// <summary>Events that may wait for one client of the event stream before it is cut off.</summary>
    public int EventStreamCapacity { get; init; } = 1024;

    /// <summary>The agents' network that stands for <c>container/bridge</c> where the Docker engine is not asked for.</summary>
    public string MesosBridgeName { get; init; } = "mesos-bridge";

    /// <summary>The network of a container mode app that names none; without it such an app is refused.</summary>
    public string? DefaultNetworkName { get; init; }

    /// <summary>Prefix of HOST and the PORT variables.</summary>
    public string? EnvVarsPrefix { get; init; }

    /// <summary>Seed of ids and of host port choice; null draws one when the server starts.</summary>
    public int? Seed { get; init; }

    /// <summary>The role whose offers instances of the app are placed on.</summary>
    internal string LaunchRoleOf(RunSpec app) =>
        app.IsResident && app.Role == RunSpec.DefaultRole ? ReservationRole : app.Role;

    /// <summary>What is wrong with these options, in words; null when nothing is.</summary>
    public string? Validate()
    {
        if (!IPAddress.IsLoopback(Address))
        {
            return $"Marathon listens on loopback only until the cluster knows identities; {Address} is refused";
        }

        if (Port is < 0 or > 65535)
        {
            return $"{Port} is not a port";
        }

        if (ServicePortMin < 1 || ServicePortMax > 65535 || ServicePortMin > ServicePortMax)
        {
            return $"{ServicePortMin}-{ServicePortMax} is not a range of service ports";
        }

        return MaxVersions < 1 || MaxRunningDeployments < 1 || MaxPendingRequests < 1 || MaxInstancesPerOffer < 1
            || MaxLaunchesInFlight < 1 || MaxConcurrentProbes < 1 || EventStreamCapacity < 1 || ReviveBurst < 1
            ? "every bound must be at least 1"
            : null;
    }
}
