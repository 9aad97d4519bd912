using System.Collections.Immutable;
using Plenum.Protocol.V1;
using TaskStatus = Plenum.Protocol.V1.TaskStatus;

namespace Plenum.Marathon.Instances;

/// <summary>What a status says beside the state.</summary>
internal static class StatusContent
{
    /// <summary>null where the status says nothing about addresses.</summary>
    public static ImmutableArray<InstanceAddress>? AddressesOf(TaskStatus status)
    {
        if (status.ContainerStatus is not { } container || container.NetworkInfos.Count == 0)
        {
            return null;
        }

        return [.. container.NetworkInfos
            .SelectMany(network => network.IpAddresses)
            .Where(address => address.HasIpAddress)
            .Select(address => new InstanceAddress(
                address.IpAddress,
                address.Protocol == NetworkInfo.Types.Protocol.Ipv6))];
    }

    public static CheckOutcome? CheckOf(TaskStatus status) => status.CheckStatus switch
    {
        { Http.HasStatusCode: true } check => new CheckOutcome((int)check.Http.StatusCode, null, null),
        { Tcp.HasSucceeded: true } check => new CheckOutcome(null, check.Tcp.Succeeded, null),
        { Command.HasExitCode: true } check => new CheckOutcome(null, null, check.Command.ExitCode),
        _ => null,
    };

    public static bool IsDraining(TaskStatus status) =>
        status is { HasReason: true, Reason: TaskStatus.Types.Reason.AgentDraining };
}
