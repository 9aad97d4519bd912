using Google.Protobuf;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Snapshots;

/// <summary>A resource provider of an agent. Messages inside must not be changed.</summary>
/// <param name="Info">With id, type and name.</param>
/// <param name="Version">Of its resources; an operation that was decided on another one is dropped by the agent.</param>
public sealed record ProviderRecord(ResourceProviderInfo Info, ByteString Version)
{
    public string Id => Info.Id.Value;
}
