using System.Collections.Immutable;
using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Deployments;
using Plenum.Marathon.Events;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Tests.Api;

/// <summary>
/// An orchestrator that carries out changes of the root group at once and runs nothing: enough to see what the API
/// asks of it and what it makes of the answers.
/// </summary>
internal sealed class FakeMarathon : IMarathon
{
    public static readonly DateTimeOffset Start = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private int _deployments;

    public MarathonSnapshot Snapshot { get; set; } = MarathonSnapshot.Empty;

    public MarathonOptions Options { get; init; } = new() { EventStreamCapacity = 16 };

    public EventHub Events { get; } = new();

    public RootUpdate? LastUpdate { get; private set; }

    public KillTasks? LastKill { get; private set; }

    public (string Id, bool Force)? LastCancel { get; private set; }

    public (string Id, DeploymentOrder Order)? LastOrder { get; private set; }

    /// <summary>Why orders to deployments are refused.</summary>
    public string? OrderRefusal { get; set; }

    /// <summary>Answered instead of carrying a root update out.</summary>
    public RootUpdateResult? Instead { get; set; }

    public bool IsBusy { get; set; }

    public Task<RootUpdateResult> UpdateRootAsync(RootUpdate update, CancellationToken cancellationToken)
    {
        LastUpdate = update;
        if (IsBusy)
        {
            throw new MarathonBusyException(500);
        }

        if (Instead is RootUpdateResult.Conflict && update.Force)
        {
            Instead = null;
        }

        return Task.FromResult(Instead ?? Carry(update));
    }

    public Task<KillTasksResult> KillTasksAsync(KillTasks request, CancellationToken cancellationToken)
    {
        LastKill = request;
        return Task.FromResult<KillTasksResult>(request.Scale
            ? new KillTasksResult.Scaled(new RootUpdateResult.Deployed(Plan(Snapshot.Root.Version), Snapshot.Root))
            : new KillTasksResult.Killing([.. request.Instances.Select(id => Snapshot.FindInstance(id)).OfType<Instance>()]));
    }

    public Task<RootUpdateResult> CancelDeploymentAsync(string deploymentId, bool force, CancellationToken cancellationToken)
    {
        LastCancel = (deploymentId, force);
        if (Snapshot.Deployments.All(deployment => deployment.Plan.Id != deploymentId))
        {
            return Task.FromResult<RootUpdateResult>(new RootUpdateResult.NotFound());
        }

        return Task.FromResult<RootUpdateResult>(force
            ? new RootUpdateResult.Abandoned()
            : new RootUpdateResult.Deployed(Plan(Snapshot.Root.Version), Snapshot.Root));
    }

    public Task<DeploymentOrderResult> OrderDeploymentAsync(
        string deploymentId, DeploymentOrder order, CancellationToken cancellationToken)
    {
        LastOrder = (deploymentId, order);
        var plan = Snapshot.Deployments.Select(deployment => deployment.Plan).FirstOrDefault(plan => plan.Id == deploymentId);
        return Task.FromResult(OrderRefusal is { } reason
            ? new DeploymentOrderResult.Refused(reason)
            : plan is null ? (DeploymentOrderResult)new DeploymentOrderResult.NotFound() : new DeploymentOrderResult.Done(plan));
    }

    public Task<bool> ResetDelayAsync(PathId app, CancellationToken cancellationToken) =>
        Task.FromResult(Snapshot.Queue.Any(item => item.Spec.Id == app));

    /// <summary>Puts running instances of the app on agents, host by host.</summary>
    public IReadOnlyList<Instance> Run(string app, params string[] hosts)
    {
        var id = PathId.Parse(app);
        var definition = Snapshot.Root.FindApp(id)!;
        var instances = hosts.Select((host, i) => new Instance
        {
            Id = InstanceId.Create(id, new Guid(i + 1, 0, 0, new byte[8])),
            App = id,
            Version = definition.Version,
            Role = "*",
            Goal = Goal.Running,
            Condition = Condition.Running,
            Since = Start,
            Incarnation = 1,
            Sequence = i,
            Place = new AgentPlace("agent-" + host, host, "eu", "eu-1", ImmutableSortedDictionary<string, string>.Empty),
            HostPorts = [31000 + i],
            Addresses = [new InstanceAddress("127.0.0.1", IsIpv6: false)],
            StagedAt = Start,
            StartedAt = Start.AddSeconds(1),
        }).ToList();
        Snapshot = Snapshot with
        {
            Apps = Snapshot.Apps.SetItem(
                id,
                new AppRuntime(id) { Instances = instances.ToImmutableSortedDictionary(instance => instance.Id, instance => instance) }),
        };
        return instances;
    }

    public void Change(Instance instance)
    {
        var runtime = Snapshot.Apps[instance.App];
        Snapshot = Snapshot with
        {
            Apps = Snapshot.Apps.SetItem(
                instance.App,
                runtime with { Instances = runtime.Instances.SetItem(instance.Id, instance) }),
        };
    }

    public DeploymentPlan Plan(Timestamp version, params DeploymentStep[] steps) => new()
    {
        Id = $"00000000-0000-0000-0000-{++_deployments:000000000000}",
        Version = version,
        Steps = [.. steps],
        Services = [],
        Groups = [],
    };

    private RootUpdateResult Carry(RootUpdate update)
    {
        var version = Timestamp.After(Snapshot.Root.Version, Start);
        switch (update.Change(Snapshot.Root, version))
        {
            case RootChange.Refused refused:
                return new RootUpdateResult.Refused(refused.Error);
            case RootChange.Accepted accepted when update.DryRun:
                return new RootUpdateResult.Planned(Plan(
                    version,
                    [.. accepted.Root.AllApps.Select(app => new DeploymentStep([new DeploymentAction(ActionKind.Scale, app.Id, [])]))]));
            case RootChange.Accepted accepted:
                var root = Stamp(accepted.Root, version);
                Snapshot = Snapshot with
                {
                    Root = root,
                    RootVersions = Snapshot.RootVersions.Insert(0, root),
                };
                foreach (var announced in update.Announcement?.Invoke(root, Start) ?? [])
                {
                    Events.Publish(announced);
                }

                return new RootUpdateResult.Deployed(Plan(version), root);
            default:
                throw new InvalidOperationException("an unknown outcome");
        }
    }

    // What the real one does to apps that changed: versions, history and service ports.
    private Group Stamp(Group root, Timestamp version)
    {
        foreach (var app in root.AllApps.ToList())
        {
            if (Snapshot.Root.FindApp(app.Id) is { } old && old.ChangeTo(app) == AppChange.None)
            {
                continue;
            }

            var stored = app.WithServicePorts([.. app.ServicePorts.Select((port, i) => port == 0 ? 10_000 + i : port)]) with
            {
                Version = version,
                VersionInfo = new VersionInfo(version, version),
            };
            root = root.WithApp(stored, version);
            Snapshot = Snapshot with
            {
                SpecVersions = Snapshot.SpecVersions.SetItem(app.Id, Snapshot.VersionsOf(app.Id).Insert(0, stored)),
            };
        }

        foreach (var pod in root.AllPods.ToList())
        {
            if (Snapshot.Root.FindPod(pod.Id) is { } old && old.ChangeTo(pod) == AppChange.None)
            {
                root = root.WithSpec(old, version);
                continue;
            }

            var stored = pod with { Version = version, VersionInfo = new VersionInfo(version, version) };
            root = root.WithSpec(stored, version);
            Snapshot = Snapshot with
            {
                SpecVersions = Snapshot.SpecVersions.SetItem(pod.Id, Snapshot.VersionsOf(pod.Id).Insert(0, stored)),
            };
        }

        return root;
    }
}
