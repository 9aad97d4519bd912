using Plenum.Http.Access;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Operator;

/// <summary>The rule of each call that comes through <c>/api/v1</c>.</summary>
internal static class CallRules
{
    /// <summary>Null for a type that is no call.</summary>
    public static AccessRule? Of(Type type) => type switch
    {
        Type.GetHealth or Type.GetVersion => Rules.Anyone,
        Type.GetFlags => Rules.ViewFlags,
        Type.GetMetrics => Rules.ViewMetrics,
        Type.GetLoggingLevel or Type.GetMaster or Type.GetAgents => Rules.ViewState,
        Type.GetState or Type.GetFrameworks or Type.GetExecutors or Type.GetTasks or Type.GetOperations => Rules.ViewState,
        Type.Subscribe => Rules.ViewState,
        Type.GetRoles or Type.GetWeights => Rules.ViewRoles,
        Type.SetLoggingLevel => Rules.SetLogLevel,
        Type.ListFiles or Type.ReadFile => Rules.ReadLogs,
        Type.UpdateWeights => Rules.ChangeWeights,
        Type.ReserveResources => Rules.Reserve,
        Type.UnreserveResources => Rules.Unreserve,
        Type.CreateVolumes => Rules.CreateVolume,
        Type.DestroyVolumes => Rules.DestroyVolume,
        Type.GrowVolume or Type.ShrinkVolume => Rules.ResizeVolume,
        Type.GetMaintenanceStatus => Rules.ViewMaintenanceStatus,
        Type.GetMaintenanceSchedule => Rules.ViewMaintenanceSchedule,
        Type.UpdateMaintenanceSchedule => Rules.ChangeMaintenanceSchedule,
        Type.StartMaintenance => Rules.StartMaintenance,
        Type.StopMaintenance => Rules.StopMaintenance,
        Type.DrainAgent => Rules.DrainAgent,
        Type.DeactivateAgent => Rules.DeactivateAgent,
        Type.ReactivateAgent => Rules.ReactivateAgent,
        Type.GetQuota => Rules.ViewQuota,
        Type.UpdateQuota or Type.SetQuota or Type.RemoveQuota => Rules.ChangeQuota,
        Type.Teardown => Rules.TeardownFramework,
        Type.MarkAgentGone => Rules.MarkAgentGone,
        _ => null,
    };
}
