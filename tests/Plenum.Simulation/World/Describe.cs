using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Simulation.World;

/// <summary>Messages in one line, for the trace.</summary>
internal static class Describe
{
    public static string Of(MasterMessage message) => message.MessageCase switch
    {
        MasterMessage.MessageOneofCase.RunTask => $"run {message.RunTask.Task.TaskId.Value}",
        MasterMessage.MessageOneofCase.RunTaskGroup =>
            $"run group {string.Join(',', message.RunTaskGroup.TaskGroup.Tasks.Select(task => task.TaskId.Value))}",
        MasterMessage.MessageOneofCase.KillTask => $"kill {message.KillTask.TaskId.Value}",
        MasterMessage.MessageOneofCase.AcknowledgeStatus => $"acknowledge {message.AcknowledgeStatus.TaskId.Value}",
        MasterMessage.MessageOneofCase.ShutdownFramework => $"shut down {message.ShutdownFramework.FrameworkId.Value}",
        MasterMessage.MessageOneofCase.Shutdown => $"shutdown: {message.Shutdown.Message}",
        MasterMessage.MessageOneofCase.Registered => $"registered {message.Registered.AgentId.Value}",
        MasterMessage.MessageOneofCase.ApplyOperation => $"apply {Of(message.ApplyOperation.Info)}",
        _ => message.MessageCase.ToString(),
    };

    public static string Of(AgentMessage message) => message.MessageCase switch
    {
        AgentMessage.MessageOneofCase.Register =>
            $"register {message.Register.AgentInfo.Id?.Value} with {string.Join(',', message.Register.Tasks.Select(task => $"{task.TaskId.Value}={task.State}"))}",
        AgentMessage.MessageOneofCase.StatusUpdate =>
            $"update {message.StatusUpdate.Status.TaskId.Value} {message.StatusUpdate.Status.State}",
        AgentMessage.MessageOneofCase.OperationUpdate =>
            $"operation update {message.OperationUpdate.Status.OperationId?.Value} {message.OperationUpdate.Status.State} {message.OperationUpdate.Status.Message}",
        _ => message.MessageCase.ToString(),
    };

    public static string Of(Event message) => message.Type switch
    {
        Event.Types.Type.Update =>
            $"update {message.Update.Status.TaskId.Value} {message.Update.Status.State} {message.Update.Status.Reason}{(message.Update.Status.HasUuid ? " to acknowledge" : string.Empty)}",
        Event.Types.Type.Offers => $"{message.Offers.Offers_.Count} offers",
        Event.Types.Type.Error => $"error: {message.Error.Message}",
        Event.Types.Type.UpdateOperationStatus =>
            $"operation update {message.UpdateOperationStatus.Status.OperationId?.Value} {message.UpdateOperationStatus.Status.State}",
        _ => message.Type.ToString(),
    };

    public static string Of(Call call) => call.Type switch
    {
        Call.Types.Type.Accept =>
            $"accept with {string.Join(',', call.Accept.Operations.SelectMany(What))}",
        Call.Types.Type.Acknowledge => $"acknowledge {call.Acknowledge.TaskId.Value}",
        Call.Types.Type.Kill => $"kill {call.Kill.TaskId.Value}",
        Call.Types.Type.Reconcile => $"reconcile {string.Join(',', call.Reconcile.Tasks.Select(task => task.TaskId.Value))}",
        _ => call.Type.ToString(),
    };

    private static IEnumerable<string> What(Operation operation) =>
        (operation.Launch?.TaskInfos ?? operation.LaunchGroup?.TaskGroup.Tasks)?.Select(task => task.TaskId.Value) ?? [Of(operation)];

    private static string Of(Operation operation) =>
        $"{operation.Type} {operation.Id?.Value} {(operation.Create?.Volumes ?? operation.Destroy?.Volumes)?[0].Disk.Persistence.Id}";
}
