using Google.Protobuf.Reflection;

namespace Plenum.Protocol.Tests.Wire;

/// <summary>Every message and enum of the Mesos v1 API, nested ones included, map entries left out.</summary>
internal static class Descriptors
{
    private static readonly FileDescriptor[] Files =
    [
        V1.MesosReflection.Descriptor,
        V1.Scheduler.SchedulerReflection.Descriptor,
        V1.Executor.ExecutorReflection.Descriptor,
        V1.Master.MasterReflection.Descriptor,
        V1.Agent.AgentReflection.Descriptor,
        V1.Quota.QuotaReflection.Descriptor,
        V1.Allocator.AllocatorReflection.Descriptor,
        V1.Maintenance.MaintenanceReflection.Descriptor,
        V1.ResourceProvider.ResourceProviderReflection.Descriptor,
    ];

    public static IReadOnlyList<MessageDescriptor> Messages { get; } =
        [.. Files.SelectMany(file => file.MessageTypes).SelectMany(WithNested)];

    public static IReadOnlyList<EnumDescriptor> Enums { get; } =
        [.. Files.SelectMany(file => file.EnumTypes).Concat(Messages.SelectMany(message => message.EnumTypes))];

    private static IEnumerable<MessageDescriptor> WithNested(MessageDescriptor message) =>
        message.GetOptions()?.MapEntry == true
            ? []
            : message.NestedTypes.SelectMany(WithNested).Prepend(message);
}
