using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using OperationType = Plenum.Protocol.V1.Offer.Types.Operation.Types.Type;

namespace Plenum.Master.AgentLink;

/// <summary>
/// The fields of the link that are optional on the wire, since proto2 never lets go of a required one, and without
/// which a message means nothing. The kernel relies on them.
/// </summary>
internal static class AgentMessageShape
{
    /// <summary>What is missing, or null.</summary>
    public static string? Missing(AgentMessage message) => message.MessageCase switch
    {
        AgentMessage.MessageOneofCase.StatusUpdate => message.StatusUpdate switch
        {
            { FrameworkId: null } => "status_update.framework_id",
            { Status: null } => "status_update.status",
            { Status.HasUuid: false } => "status_update.status.uuid",
            _ => null,
        },
        AgentMessage.MessageOneofCase.ExecutorExited => message.ExecutorExited switch
        {
            { FrameworkId: null } => "executor_exited.framework_id",
            { ExecutorId: null } => "executor_exited.executor_id",
            _ => null,
        },
        AgentMessage.MessageOneofCase.ExecutorMessage => message.ExecutorMessage switch
        {
            { FrameworkId: null } => "executor_message.framework_id",
            { ExecutorId: null } => "executor_message.executor_id",
            _ => null,
        },
        AgentMessage.MessageOneofCase.OperationUpdate => message.OperationUpdate switch
        {
            { HasOperationUuid: false } => "operation_update.operation_uuid",
            { Status: null } => "operation_update.status",
            { Status.Uuid: null } => "operation_update.status.uuid",
            _ => null,
        },
        AgentMessage.MessageOneofCase.UpdateAgent => MissingOf(message.UpdateAgent.ResourceProviders),
        _ => null,
    };

    private static string? MissingOf(IEnumerable<AgentMessage.Types.ResourceProvider> providers) => providers
        .Select(static provider => provider switch
        {
            { Info: null } => "resource_providers.info",
            { Info.Id: null } => "resource_providers.info.id",
            { HasResourceVersion: false } => "resource_providers.resource_version",
            _ => null,
        })
        .FirstOrDefault(static missing => missing is not null);

    /// <summary>What is missing, or null.</summary>
    public static string? Missing(AgentMessage.Types.Register message)
    {
        if (message.AgentInfo is null)
        {
            return "agent_info";
        }

        if (MissingOf(message.ResourceProviders) is { } missing)
        {
            return missing;
        }

        foreach (var executor in message.Executors)
        {
            if (executor.FrameworkId is null)
            {
                return "executors.framework_id";
            }

            if (ResourceSet.Validate(executor.Resources) is { } wrong)
            {
                return $"valid executors.resources: {wrong}";
            }
        }

        foreach (var task in message.Tasks)
        {
            if (ResourceSet.Validate(task.Resources) is { } wrong)
            {
                return $"valid tasks.resources: {wrong}";
            }
        }

        foreach (var operation in message.Operations)
        {
            if (ResourcesOf(operation.Info) is not { } resources)
            {
                return $"operations.info of its type, {operation.Info?.Type}";
            }

            if (ResourceSet.Validate(resources) is { } wrong)
            {
                return $"valid operations.info resources: {wrong}";
            }
        }

        return null;
    }

    /// <summary>
    /// What an operation names; null when the part that its type asks for is missing. The kernel takes what a pending
    /// one of a resource provider consumes out of the agent's resources.
    /// </summary>
    private static IEnumerable<Resource>? ResourcesOf(Offer.Types.Operation? operation) => operation switch
    {
        null => null,
        { Type: OperationType.Reserve } => operation.Reserve is { } reserve ? reserve.Resources.Concat(reserve.Source) : null,
        { Type: OperationType.Unreserve } => operation.Unreserve?.Resources,
        { Type: OperationType.Create } => operation.Create?.Volumes,
        { Type: OperationType.Destroy } => operation.Destroy?.Volumes,
        { Type: OperationType.GrowVolume } => operation.GrowVolume is { Volume: { } volume, Addition: { } addition } ? [volume, addition] : null,
        { Type: OperationType.ShrinkVolume } => operation.ShrinkVolume is { Volume: { } volume, Subtract: not null } ? [volume] : null,
        { Type: OperationType.CreateDisk } => operation.CreateDisk?.Source is { } source ? [source] : null,
        { Type: OperationType.DestroyDisk } => operation.DestroyDisk?.Source is { } source ? [source] : null,
        _ => [],
    };
}
