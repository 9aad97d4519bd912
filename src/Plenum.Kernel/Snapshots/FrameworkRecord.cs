using Plenum.Kernel.Allocation;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using WireFramework = Plenum.Protocol.V1.Master.Response.Types.GetFrameworks.Types.Framework;

namespace Plenum.Kernel.Snapshots;

/// <summary>One framework at one moment. Messages inside are shared with the kernel and must not be changed.</summary>
public sealed record FrameworkRecord
{
    public required FrameworkId Id { get; init; }

    /// <summary>With <c>id</c> set.</summary>
    public required FrameworkInfo Info { get; init; }

    public required IReadOnlyList<string> Roles { get; init; }

    public required IReadOnlyCollection<string> SuppressedRoles { get; init; }

    /// <summary>Gets offers: has an open stream, and its driver was not aborted.</summary>
    public bool Active { get; init; }

    /// <summary>libprocess address of the old driver it was last connected with; null when that was HTTP.</summary>
    public string? Pid { get; init; }

    public bool Connected { get; init; }

    /// <summary>Known from the registry or from an agent, not subscribed since this master started.</summary>
    public bool Recovered { get; init; }

    public required DateTimeOffset RegisteredTime { get; init; }

    public DateTimeOffset? ReregisteredTime { get; init; }

    /// <summary>Set on completed frameworks.</summary>
    public DateTimeOffset? UnregisteredTime { get; init; }

    /// <summary>Amounts held by tasks and executors, over all agents.</summary>
    public required ResourceQuantities Used { get; init; }

    /// <summary>Amounts in offers.</summary>
    public required ResourceQuantities Offered { get; init; }

    /// <summary>Newest ended tasks, oldest first.</summary>
    public required IReadOnlyList<TaskRecord> CompletedTasks { get; init; }

    /// <summary>Tasks on lost agents.</summary>
    public required IReadOnlyList<TaskRecord> UnreachableTasks { get; init; }

    /// <summary>Tasks that ended on agents that are away, without the framework's acknowledgement.</summary>
    public IReadOnlyList<TaskRecord> KeptEnds { get; init; } = [];

    public OfferConstraints? OfferConstraints { get; init; }

    /// <summary>The same, compiled.</summary>
    internal ConstraintSet? Constraints { get; init; }

    /// <summary>The framework's own constraints keep the agent's offers of the role away.</summary>
    public bool Excludes(string role, AgentRecord agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return Constraints is { } constraints && !constraints.Admit(role, agent.Info);
    }

    /// <summary>Without offers, which <see cref="ClusterSnapshot.OffersOf"/> has.</summary>
    public WireFramework ToWire()
    {
        var wire = new WireFramework
        {
            FrameworkInfo = Info,
            Active = Active,
            Connected = Connected,
            Recovered = Recovered,
            RegisteredTime = WireTime.Of(RegisteredTime),
        };
        if (ReregisteredTime is { } reregistered)
        {
            wire.ReregisteredTime = WireTime.Of(reregistered);
        }

        if (UnregisteredTime is { } unregistered)
        {
            wire.UnregisteredTime = WireTime.Of(unregistered);
        }

        if (OfferConstraints is { } constraints)
        {
            wire.OfferConstraints = constraints;
        }

        AddScalars(wire.AllocatedResources, Used);
        AddScalars(wire.OfferedResources, Offered);
        return wire;
    }

    private static void AddScalars(ICollection<Resource> target, ResourceQuantities amounts)
    {
        foreach (var (name, millis) in amounts.Amounts)
        {
            target.Add(new Resource
            {
                Name = name,
                Type = Value.Types.Type.Scalar,
                Scalar = new Value.Types.Scalar { Value = millis / 1000.0 },
            });
        }
    }
}
