using System.Net;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Scheduler;

/// <summary>
/// What is checked while the caller still waits: the shape of a call, and whether it comes from the
/// framework's current stream. Whether an offer exists or a task is sound is the kernel's to say, and
/// comes back as an event.
/// </summary>
internal sealed class SchedulerAdmission(SchedulerStreams streams)
{
    private const int UuidBytes = 16;

    /// <summary>Checks of the call by itself.</summary>
    public static Refusal? CheckShape(Call call)
    {
        // A type of a later version counts as none, as in Mesos, where it cannot even be read.
        if (!call.HasType || !Enum.IsDefined(call.Type))
        {
            return Bad("The call has no type that this master knows");
        }

        if (call.Type == Call.Types.Type.Subscribe)
        {
            return CheckSubscribe(call);
        }

        if (call.FrameworkId is null)
        {
            return Bad("The call has no framework_id");
        }

        return call.Type switch
        {
            Call.Types.Type.Accept when call.Accept is null => MissingBody("accept"),
            Call.Types.Type.Decline when call.Decline is null => MissingBody("decline"),
            Call.Types.Type.AcceptInverseOffers when call.AcceptInverseOffers is null =>
                MissingBody("accept_inverse_offers"),
            Call.Types.Type.DeclineInverseOffers when call.DeclineInverseOffers is null =>
                MissingBody("decline_inverse_offers"),
            Call.Types.Type.Kill when call.Kill is null => MissingBody("kill"),
            Call.Types.Type.Shutdown when call.Shutdown is null => MissingBody("shutdown"),
            Call.Types.Type.Acknowledge => CheckAcknowledge(call.Acknowledge),
            Call.Types.Type.AcknowledgeOperationStatus =>
                CheckAcknowledgeOperation(call.AcknowledgeOperationStatus),
            Call.Types.Type.Reconcile when call.Reconcile is null => MissingBody("reconcile"),
            Call.Types.Type.ReconcileOperations when call.ReconcileOperations is null =>
                MissingBody("reconcile_operations"),
            Call.Types.Type.Message when call.Message is null => MissingBody("message"),
            Call.Types.Type.Request when call.Request is null => MissingBody("request"),
            Call.Types.Type.UpdateFramework => CheckUpdateFramework(call),
            _ => null,
        };
    }

    /// <summary>
    /// Checks of a call other than SUBSCRIBE against who is subscribed, in Mesos' order. Null means that
    /// the call came from <paramref name="stream"/>.
    /// </summary>
    public Refusal? CheckSender(Call call, string? streamId, out SchedulerStream? stream)
    {
        if (!streams.TryGetFramework(call.FrameworkId.Value, out stream))
        {
            return Bad($"Framework cannot be found: {call.FrameworkId.Value}");
        }

        if (stream is null)
        {
            return new Refusal((int)HttpStatusCode.Forbidden, $"Framework is not subscribed: {call.FrameworkId.Value}");
        }

        if (stream.Driver is not null)
        {
            return new Refusal(
                (int)HttpStatusCode.Forbidden, $"Framework is not connected over HTTP but through a driver: {call.FrameworkId.Value}");
        }

        if (string.IsNullOrEmpty(streamId))
        {
            return Bad("The header 'Mesos-Stream-Id' is missing: it was given with the SUBSCRIBED stream");
        }

        if (!string.Equals(streamId, stream.WireId, StringComparison.Ordinal))
        {
            return Bad("The header 'Mesos-Stream-Id' does not name the framework's current stream");
        }

        return call.Type == Call.Types.Type.Unknown
            ? new Refusal((int)HttpStatusCode.NotImplemented, "There is no call of type UNKNOWN")
            : null;
    }

    private static Refusal? CheckSubscribe(Call call)
    {
        if (call.Subscribe is null)
        {
            return MissingBody("subscribe");
        }

        var outer = call.FrameworkId?.Value;
        var inner = call.Subscribe.FrameworkInfo.Id?.Value;
        if (outer is null && inner is null)
        {
            return null;
        }

        if (outer is null || inner is null)
        {
            return Bad("framework_id and framework_info.id must be set both, or neither");
        }

        return string.Equals(outer, inner, StringComparison.Ordinal)
            ? null
            : Bad($"framework_id '{outer}' differs from framework_info.id '{inner}'");
    }

    private static Refusal? CheckAcknowledge(Call.Types.Acknowledge? acknowledge)
    {
        if (acknowledge is null)
        {
            return MissingBody("acknowledge");
        }

        return acknowledge.Uuid.Length == UuidBytes ? null : BadUuid(acknowledge.Uuid.Length);
    }

    private static Refusal? CheckAcknowledgeOperation(Call.Types.AcknowledgeOperationStatus? acknowledge)
    {
        if (acknowledge is null)
        {
            return MissingBody("acknowledge_operation_status");
        }

        // Declared optional, yet Mesos' validation demands it.
        if (acknowledge.AgentId is null)
        {
            return Bad("acknowledge_operation_status has no agent_id");
        }

        return acknowledge.Uuid.Length == UuidBytes ? null : BadUuid(acknowledge.Uuid.Length);
    }

    private static Refusal? CheckUpdateFramework(Call call)
    {
        if (call.UpdateFramework is null)
        {
            return MissingBody("update_framework");
        }

        var id = call.UpdateFramework.FrameworkInfo.Id?.Value;
        return string.Equals(id, call.FrameworkId.Value, StringComparison.Ordinal)
            ? null
            : Bad($"framework_id '{call.FrameworkId.Value}' differs from framework_info.id '{id}'");
    }

    private static Refusal Bad(string reason) => new((int)HttpStatusCode.BadRequest, reason);

    private static Refusal MissingBody(string field) => Bad($"The call has no '{field}', which its type requires");

    private static Refusal BadUuid(int length) =>
        Bad($"The uuid has {length} bytes; it must be the 16 bytes of the update's uuid");
}
