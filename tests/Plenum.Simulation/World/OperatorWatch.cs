using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;
using Plenum.Protocol.V1.Master;

namespace Plenum.Simulation.World;

/// <summary>
/// What operators ordered of agents and machines, and what that forbids: nothing is offered of an agent that drains or
/// was deactivated nor of a machine that is down, and nobody is asked to leave a machine that stays up. Knows what the
/// registry said at the master's start, and what was ordered and confirmed since.
/// </summary>
internal sealed class OperatorWatch
{
    private readonly string _master;
    private readonly Dictionary<OperatorRequestId, Call> _asked = [];
    private readonly HashSet<AgentId> _closed = [];
    private readonly HashSet<string> _down = new(StringComparer.Ordinal);

    public OperatorWatch(string master, ClusterSnapshot restored)
    {
        _master = master;
        _closed.UnionWith(restored.Agents.Concat(restored.RecoveredAgents).Concat(restored.UnreachableAgents)
            .Where(static agent => agent.Deactivated).Select(static agent => agent.Id));
        _down.UnionWith(restored.MaintenanceStatus.DownMachines.Select(static machine => machine.Hostname));
    }

    public void Before(KernelCommand command)
    {
        if (command is KernelCommand.OperatorCall(var request, var call))
        {
            _asked.Add(request, call);
        }
    }

    public void After(List<KernelEffect> effects, Func<ClusterSnapshot> book)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case KernelEffect.AnswerOperator(var request, var refusal):
                    if (_asked.Remove(request, out var call) && refusal is null)
                    {
                        Take(call, effects);
                    }

                    break;
                case KernelEffect.SendToScheduler(_, { Offers: { } offers }):
                    foreach (var offer in offers.Offers_)
                    {
                        if (_closed.Contains(offer.AgentId) || _down.Contains(offer.Hostname))
                        {
                            throw new SimulationFailureException($"{_master} offers {offer.AgentId.Value}, which an operator took out of service");
                        }
                    }

                    break;
                case KernelEffect.SendToScheduler(_, { InverseOffers: { } asked }):
                    foreach (var leave in asked.InverseOffers_)
                    {
                        if (book().FindAgent(leave.AgentId) is not { } agent || !PreemptionWatch.IsToBeMaintained(book(), agent))
                        {
                            throw new SimulationFailureException($"{_master} asks to leave {leave.AgentId.Value}, which nobody wants to maintain");
                        }
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private void Take(Call call, List<KernelEffect> effects)
    {
        switch (call.Type)
        {
            case Call.Types.Type.DrainAgent:
                _closed.Add(call.DrainAgent.AgentId);
                break;
            case Call.Types.Type.DeactivateAgent:
                _closed.Add(call.DeactivateAgent.AgentId);
                break;
            case Call.Types.Type.ReactivateAgent:
                _closed.Remove(call.ReactivateAgent.AgentId);
                break;
            case Call.Types.Type.StartMaintenance:
                _down.UnionWith(call.StartMaintenance.Machines.Select(static machine => machine.Hostname));

                // Their agents are removed, and what was ordered of them with them.
                foreach (var effect in effects)
                {
                    if (effect is KernelEffect.Publish { Event.AgentRemoved: { } removed })
                    {
                        _closed.Remove(removed.AgentId);
                    }
                }

                break;
            case Call.Types.Type.StopMaintenance:
                _down.ExceptWith(call.StopMaintenance.Machines.Select(static machine => machine.Hostname));
                break;
            default:
                break;
        }
    }
}
