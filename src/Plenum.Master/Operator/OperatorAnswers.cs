using Google.Protobuf;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Metrics;
using Plenum.Master.State;
using Plenum.Protocol.V1;
using Answer = Plenum.Protocol.V1.Master.Response;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Operator;

/// <summary>The answers to the GET calls of the operator API.</summary>
internal sealed class OperatorAnswers(MasterIdentity identity, MasterFlags flags, MasterMetrics metrics)
{
    /// <summary>Calls whose answer depends on the cluster.</summary>
    public Func<ClusterSnapshot, IMessage>? FromSnapshot(Type type) => type switch
    {
        Type.GetState => state => new Answer
        {
            Type = Answer.Types.Type.GetState, GetState = StateMessages.State(state),
        },
        Type.GetAgents => state => new Answer
        {
            Type = Answer.Types.Type.GetAgents, GetAgents = StateMessages.Agents(state),
        },
        Type.GetFrameworks => state => new Answer
        {
            Type = Answer.Types.Type.GetFrameworks, GetFrameworks = StateMessages.Frameworks(state),
        },
        Type.GetExecutors => state => new Answer
        {
            Type = Answer.Types.Type.GetExecutors, GetExecutors = StateMessages.Executors(state),
        },
        Type.GetTasks => state => new Answer
        {
            Type = Answer.Types.Type.GetTasks, GetTasks = StateMessages.Tasks(state),
        },
        Type.GetRoles => state => new Answer
        {
            Type = Answer.Types.Type.GetRoles, GetRoles = StateMessages.Roles(state),
        },
        Type.GetOperations => state => new Answer
        {
            Type = Answer.Types.Type.GetOperations,
            GetOperations = new Answer.Types.GetOperations
            {
                Operations = { state.Operations.Select(operation => operation.ToWire()) },
            },
        },
        Type.GetMetrics => state =>
        {
            var answer = new Answer.Types.GetMetrics();
            foreach (var (name, value) in metrics.Collect(state))
            {
                answer.Metrics.Add(new Metric { Name = name, Value = value });
            }

            return new Answer { Type = Answer.Types.Type.GetMetrics, GetMetrics = answer };
        },
        Type.GetWeights => state => new Answer
        {
            Type = Answer.Types.Type.GetWeights, GetWeights = AllocationMessages.Weights(state),
        },
        Type.GetQuota => state => new Answer
        {
            Type = Answer.Types.Type.GetQuota,
            GetQuota = new Answer.Types.GetQuota { Status = AllocationMessages.Quota(state) },
        },
        Type.GetMaintenanceStatus => state => new Answer
        {
            Type = Answer.Types.Type.GetMaintenanceStatus,
            GetMaintenanceStatus = new Answer.Types.GetMaintenanceStatus { Status = state.MaintenanceStatus },
        },
        Type.GetMaintenanceSchedule => state => new Answer
        {
            Type = Answer.Types.Type.GetMaintenanceSchedule,
            GetMaintenanceSchedule = new Answer.Types.GetMaintenanceSchedule { Schedule = state.MaintenanceSchedule },
        },
        _ => null,
    };

    /// <summary>Calls whose answer is known here; null for what this master does not serve.</summary>
    public Answer? Fixed(Type type) => type switch
    {
        Type.GetHealth => new Answer
        {
            Type = Answer.Types.Type.GetHealth, GetHealth = new Answer.Types.GetHealth { Healthy = true },
        },
        Type.GetFlags => new Answer
        {
            Type = Answer.Types.Type.GetFlags,
            GetFlags = new Answer.Types.GetFlags
            {
                Flags = { flags.All.Select(flag => new Flag { Name = flag.Key, Value = flag.Value }) },
            },
        },
        Type.GetVersion => new Answer
        {
            Type = Answer.Types.Type.GetVersion,
            GetVersion = new Answer.Types.GetVersion { VersionInfo = MasterIdentity.Version },
        },
        Type.GetMaster => new Answer
        {
            Type = Answer.Types.Type.GetMaster,
            GetMaster = new Answer.Types.GetMaster
            {
                MasterInfo = identity.Info,
                StartTime = V0Values.Seconds(identity.StartTime),
                ElectedTime = V0Values.Seconds(identity.ElectedTime),
            },
        },
        _ => null,
    };
}
