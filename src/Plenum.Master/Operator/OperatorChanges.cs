using System.Net;
using Microsoft.AspNetCore.Http;
using Plenum.Kernel.Operators;
using Plenum.Master.Loop;
using Plenum.Protocol.V1.Master;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Operator;

/// <summary>
/// Calls that change the cluster: the kernel decides, and the answer leaves when it is durable. Both
/// operator APIs come through here.
/// </summary>
internal sealed class OperatorChanges(KernelLoop loop, OperatorRequests requests)
{
    /// <summary>The part each call must carry, and its name for who forgot it.</summary>
    private static readonly Dictionary<Type, (Func<Call, object?> Part, string Name)> Parts = new()
    {
        [Type.UpdateWeights] = (call => call.UpdateWeights, "update_weights"),
        [Type.UpdateQuota] = (call => call.UpdateQuota, "update_quota"),
        [Type.SetQuota] = (call => call.SetQuota, "set_quota"),
        [Type.RemoveQuota] = (call => call.RemoveQuota, "remove_quota"),
        [Type.UpdateMaintenanceSchedule] = (call => call.UpdateMaintenanceSchedule, "update_maintenance_schedule"),
        [Type.StartMaintenance] = (call => call.StartMaintenance, "start_maintenance"),
        [Type.StopMaintenance] = (call => call.StopMaintenance, "stop_maintenance"),
        [Type.DrainAgent] = (call => call.DrainAgent, "drain_agent"),
        [Type.DeactivateAgent] = (call => call.DeactivateAgent, "deactivate_agent"),
        [Type.ReactivateAgent] = (call => call.ReactivateAgent, "reactivate_agent"),
        [Type.ReserveResources] = (call => call.ReserveResources, "reserve_resources"),
        [Type.UnreserveResources] = (call => call.UnreserveResources, "unreserve_resources"),
        [Type.CreateVolumes] = (call => call.CreateVolumes, "create_volumes"),
        [Type.DestroyVolumes] = (call => call.DestroyVolumes, "destroy_volumes"),
        [Type.GrowVolume] = (call => call.GrowVolume, "grow_volume"),
        [Type.ShrinkVolume] = (call => call.ShrinkVolume, "shrink_volume"),
    };

    /// <summary>The master has done its part of these, and the agent's is under way: 202 (mesos.md 3.8).</summary>
    private static readonly HashSet<Type> GoOnAtAgent =
    [
        Type.ReserveResources, Type.UnreserveResources, Type.CreateVolumes, Type.DestroyVolumes, Type.GrowVolume, Type.ShrinkVolume,
    ];

    public static bool Serves(Type type) => Parts.ContainsKey(type);

    public async Task HandleAsync(HttpContext context, Call call)
    {
        var (part, name) = Parts[call.Type];
        if (part(call) is null)
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, $"The call has no '{name}'");
            return;
        }

        var refusal = await requests.ChangeAsync(loop, call, context.RequestAborted);
        if (refusal is not null)
        {
            await Answers.TextAsync(context, StatusOf(refusal.Kind), refusal.Reason);
            return;
        }

        // mesos-go takes a 200 with a Content-Type for an answer with a body.
        context.Response.StatusCode = GoOnAtAgent.Contains(call.Type) ? StatusCodes.Status202Accepted : StatusCodes.Status200OK;
        context.Response.ContentLength = 0;
    }

    private static HttpStatusCode StatusOf(OperatorRefusalKind kind) => kind switch
    {
        OperatorRefusalKind.NotFound => HttpStatusCode.NotFound,
        OperatorRefusalKind.Conflict => HttpStatusCode.Conflict,
        OperatorRefusalKind.NotSupported => HttpStatusCode.NotImplemented,
        _ => HttpStatusCode.BadRequest,
    };
}
