using Plenum.Protocol.Driver;
using Plenum.Protocol.V1;
using V1 = Plenum.Protocol.V1.Scheduler;

namespace Plenum.Master.Drivers;

/// <summary>What old drivers say, as the calls of the v1 API that mean the same.</summary>
internal static class DriverCalls
{
    /// <summary>
    /// The call of drivers since 0.24. Its messages are those of v1 but for SUBSCRIBE. An id that is set and
    /// empty counts as none, as in Mesos.
    /// </summary>
    public static V1.Call Of(Call call)
    {
        var v1 = new V1.Call
        {
            FrameworkId = NotEmpty(call.FrameworkId),
            Accept = call.Accept,
            Decline = call.Decline,
            AcceptInverseOffers = call.AcceptInverseOffers,
            DeclineInverseOffers = call.DeclineInverseOffers,
            Revive = call.Revive,
            Kill = call.Kill,
            Shutdown = call.Shutdown,
            Acknowledge = call.Acknowledge,
            AcknowledgeOperationStatus = call.AcknowledgeOperationStatus,
            Reconcile = call.Reconcile,
            ReconcileOperations = call.ReconcileOperations,
            Message = call.Message,
            Request = call.Request,
            Suppress = call.Suppress,
            UpdateFramework = call.UpdateFramework,
        };
        if (call.HasType)
        {
            v1.Type = call.Type;
        }

        if (call.Subscribe is { } subscribe)
        {
            subscribe.FrameworkInfo.Id = NotEmpty(subscribe.FrameworkInfo.Id);
            v1.Subscribe = new V1.Call.Types.Subscribe
            {
                FrameworkInfo = subscribe.FrameworkInfo,
                SuppressedRoles = { subscribe.SuppressedRoles },
                OfferConstraints = subscribe.OfferConstraints,
            };
        }

        return v1;
    }

    public static V1.Call Subscribe(FrameworkInfo framework)
    {
        framework.Id = NotEmpty(framework.Id);
        return new V1.Call
        {
            Type = V1.Call.Types.Type.Subscribe,
            FrameworkId = framework.Id,
            Subscribe = new V1.Call.Types.Subscribe { FrameworkInfo = framework },
        };
    }

    public static V1.Call Of(UnregisterFrameworkMessage message) =>
        new() { Type = V1.Call.Types.Type.Teardown, FrameworkId = message.FrameworkId };

    public static V1.Call Of(ResourceRequestMessage message) => new()
    {
        Type = V1.Call.Types.Type.Request,
        FrameworkId = message.FrameworkId,
        Request = new V1.Call.Types.Request { Requests = { message.Requests } },
    };

    /// <summary>No tasks mean no to the offers.</summary>
    public static V1.Call Of(LaunchTasksMessage message)
    {
        if (message.Tasks.Count == 0)
        {
            return new V1.Call
            {
                Type = V1.Call.Types.Type.Decline,
                FrameworkId = message.FrameworkId,
                Decline = new V1.Call.Types.Decline { OfferIds = { message.OfferIds }, Filters = message.Filters },
            };
        }

        return new V1.Call
        {
            Type = V1.Call.Types.Type.Accept,
            FrameworkId = message.FrameworkId,
            Accept = new V1.Call.Types.Accept
            {
                OfferIds = { message.OfferIds },
                Filters = message.Filters,
                Operations =
                {
                    new Offer.Types.Operation
                    {
                        Type = Offer.Types.Operation.Types.Type.Launch,
                        Launch = new Offer.Types.Operation.Types.Launch { TaskInfos = { message.Tasks } },
                    },
                },
            },
        };
    }

    public static V1.Call Of(ReviveOffersMessage message) => new()
    {
        Type = V1.Call.Types.Type.Revive,
        FrameworkId = message.FrameworkId,
        Revive = new V1.Call.Types.Revive { Roles = { message.Roles } },
    };

    public static V1.Call Of(KillTaskMessage message) => new()
    {
        Type = V1.Call.Types.Type.Kill,
        FrameworkId = message.FrameworkId,
        Kill = new V1.Call.Types.Kill { TaskId = message.TaskId, KillPolicy = message.KillPolicy },
    };

    public static V1.Call Of(StatusUpdateAcknowledgementMessage message) => new()
    {
        Type = V1.Call.Types.Type.Acknowledge,
        FrameworkId = message.FrameworkId,
        Acknowledge = new V1.Call.Types.Acknowledge
        {
            AgentId = message.SlaveId,
            TaskId = message.TaskId,
            Uuid = message.Uuid,
        },
    };

    public static V1.Call Of(FrameworkToExecutorMessage message) => new()
    {
        Type = V1.Call.Types.Type.Message,
        FrameworkId = message.FrameworkId,
        Message = new V1.Call.Types.Message
        {
            AgentId = message.SlaveId,
            ExecutorId = message.ExecutorId,
            Data = message.Data,
        },
    };

    public static V1.Call Of(ReconcileTasksMessage message)
    {
        var reconcile = new V1.Call.Types.Reconcile();
        foreach (var status in message.Statuses)
        {
            reconcile.Tasks.Add(new V1.Call.Types.Reconcile.Types.Task { TaskId = status.TaskId, AgentId = status.AgentId });
        }

        return new V1.Call { Type = V1.Call.Types.Type.Reconcile, FrameworkId = message.FrameworkId, Reconcile = reconcile };
    }

    private static FrameworkID? NotEmpty(FrameworkID? id) => id is { Value.Length: > 0 } ? id : null;
}
