using CallType = Plenum.Protocol.V1.Scheduler.Call.Types.Type;
using MessageCase = Plenum.Protocol.Link.V1.AgentMessage.MessageOneofCase;

namespace Plenum.Master.Metrics;

/// <summary>Mesos' names of the messages a master receives; old words for what has new ones.</summary>
internal static class MessageNames
{
    /// <summary>Of agents whose link is not open.</summary>
    public const string Dropped = "master/dropped_messages";

    /// <summary>All of them exist from the start with 0, so that a rate can be taken.</summary>
    public static IEnumerable<string> All =>
        Enum.GetValues<CallType>().SelectMany(type => new[] { Of(type, false), Of(type, true) })
            .Concat(Enum.GetValues<MessageCase>().SelectMany(kind => new[] { Of(kind, false), Of(kind, true) }))
            .Append(Dropped)
            .OfType<string>()
            .Distinct();

    public static string? Of(CallType type, bool again) => type switch
    {
        CallType.Subscribe when again => "master/messages_reregister_framework",
        CallType.Subscribe => "master/messages_register_framework",
        CallType.Teardown => "master/messages_unregister_framework",
        CallType.Accept => "master/messages_launch_tasks",
        CallType.Decline => "master/messages_decline_offers",
        CallType.Revive => "master/messages_revive_offers",
        CallType.Suppress => "master/messages_suppress_offers",
        CallType.Kill => "master/messages_kill_task",
        CallType.Acknowledge => "master/messages_status_update_acknowledgement",
        CallType.AcknowledgeOperationStatus => "master/messages_operation_status_update_acknowledgement",
        CallType.Reconcile => "master/messages_reconcile_tasks",
        CallType.ReconcileOperations => "master/messages_reconcile_operations",
        CallType.Message => "master/messages_framework_to_executor",
        CallType.Request => "master/messages_resource_request",
        _ => null,
    };

    public static string? Of(MessageCase kind, bool again) => kind switch
    {
        MessageCase.Register when again => "master/messages_reregister_slave",
        MessageCase.Register => "master/messages_register_slave",
        MessageCase.Unregister => "master/messages_unregister_slave",
        MessageCase.StatusUpdate => "master/messages_status_update",
        MessageCase.ExecutorExited => "master/messages_exited_executor",
        MessageCase.ExecutorMessage => "master/messages_executor_to_framework",
        MessageCase.UpdateAgent => "master/messages_update_slave",
        MessageCase.OperationUpdate => "master/messages_operation_status_update",
        _ => null,
    };
}
