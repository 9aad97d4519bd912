using System.Collections.Immutable;
using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Instances;

/// <summary>
/// What an instance of a stateful service keeps between its tasks: resources of one agent, and its volumes there.
/// Stored before it is asked for, so that a volume that was made is always known to be somebody's.
/// </summary>
/// <param name="AgentId">Where it is, and where every task of the instance runs.</param>
/// <param name="Role">The role it is reserved to.</param>
/// <param name="Since">When it was asked for.</param>
internal sealed record Reservation(string AgentId, string Role, DateTimeOffset Since)
{
    public ImmutableArray<LocalVolume> Volumes { get; init; } = [];

    /// <summary>
    /// It was seen in an offer. Until then it may never have been made, and nothing was written to it: it may be given up.
    /// </summary>
    public bool IsMade { get; init; }
}

/// <summary>A persistent volume of one instance.</summary>
/// <param name="ContainerPath">Its name in the sandbox: the definition's volume it stands for.</param>
/// <param name="Unique">Tells it from the volume of any other instance, and of an earlier attempt.</param>
internal sealed record LocalVolume(string ContainerPath, Guid Unique)
{
    /// <summary>The agent's name for it, as operators of DC/OS know them.</summary>
    public string PersistenceIdOf(PathId app) => $"{app.SafePath}#{ContainerPath}#{Unique:D}";
}
