using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>A resource provider at one moment.</summary>
/// <param name="Info">With id.</param>
/// <param name="Total">What the master is told that it has.</param>
/// <param name="Stream">Of a program that is subscribed.</param>
/// <param name="IsBuiltIn">A storage pool of the agent's own.</param>
public sealed record ProviderSnapshot(ResourceProviderInfo Info, ResourceSet Total, long? Stream, bool IsBuiltIn);
