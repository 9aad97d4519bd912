using Google.Protobuf.Reflection;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Launching;

/// <summary>Capabilities by the names that kernels and runtimes use, which are the wire's own spellings.</summary>
internal static class CapabilityNames
{
    private static readonly EnumDescriptor Names = CapabilityInfo.Descriptor.EnumTypes[0];

    public static string Of(CapabilityInfo.Types.Capability capability) =>
        Names.FindValueByNumber((int)capability)?.Name ?? nameof(CapabilityInfo.Types.Capability.Unknown);
}
