using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>What a container that a call asks for finds in the one that it is nested in.</summary>
/// <param name="Sandbox">Where the files of that are.</param>
/// <param name="User">Who runs in it; null: nobody was named.</param>
internal sealed record CalledPlace(string Sandbox, string? User)
{
    /// <summary>Its resources, whose persistent volumes are mounted in its sandbox.</summary>
    public IReadOnlyList<Resource> Resources { get; init; } = [];
}
