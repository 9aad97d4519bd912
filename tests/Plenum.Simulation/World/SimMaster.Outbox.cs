using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Registry;
using Plenum.Protocol.Link.V1;

namespace Plenum.Simulation.World;

// What waits for the store, and goes out when it is durable.
internal sealed partial class SimMaster
{
    private void Drain()
    {
        while (IsAlive && !_committing && _outbox.TryPeek(out var batch))
        {
            if (batch.Writes.Count == 0)
            {
                _outbox.Dequeue();
                Release(batch.Effects);
                continue;
            }

            _committing = true;
            var time = _world.Now + _world.Between(0.0002, _world.IsRough ? 0.05 : 0.002);
            _world.At(time > _storeBack ? time : _storeBack, string.Empty, Commit);
        }
    }

    private void Commit()
    {
        if (!IsAlive)
        {
            return;
        }

        _committing = false;
        if (_storeBack > _world.Now)
        {
            // Cut off while the transaction was on its way.
            _committing = true;
            _world.At(_storeBack, string.Empty, Commit);
            return;
        }

        var (writes, effects) = _outbox.Dequeue();
        if (!_cluster.Store.TryCommit(Term, writes))
        {
            _world.Note($"{Name} finds itself deposed");
            Crash();
            return;
        }

        if (_world.MasterFault(0.005))
        {
            // Durable, and nobody was told.
            Crash();
            return;
        }

        Release(effects);
        Drain();
    }

    private void Release(List<KernelEffect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case KernelEffect.SendToScheduler(var stream, var message):
                    if (_streams.TryGetValue(stream, out var framework))
                    {
                        if (message.Subscribed is { } subscribed)
                        {
                            MustBeDurable($"frameworks/{subscribed.FrameworkId.Value}");
                        }

                        var copy = message.Clone();
                        framework.Connection.ToClient(Describe.Of(copy), () => framework.Deliver(copy));
                    }

                    break;
                case KernelEffect.CloseScheduler(var stream):
                    if (_streams.Remove(stream, out var closed))
                    {
                        closed.Connection.CloseByServer();
                    }

                    break;
                case KernelEffect.SendToAgent(var link, var message):
                    SendToAgent(link, message);
                    break;
                case KernelEffect.CloseAgent(var link):
                    if (_links.Remove(link, out var gone))
                    {
                        gone.Connection.CloseByServer();
                    }

                    break;
                default:
                    break;
            }
        }
    }

    private void SendToAgent(AgentLinkId link, MasterMessage message)
    {
        if (!_links.TryGetValue(link, out var agent))
        {
            return;
        }

        if (message.Registered is { } registered)
        {
            MustBeDurable($"agents/{registered.AgentId.Value}");
            if (_cluster.Store.Gone.Contains(registered.AgentId))
            {
                throw new SimulationFailureException($"{Name} lets {registered.AgentId.Value} in, which was marked gone");
            }
        }

        var copy = message.Clone();
        if (_world.Options.Sabotage == Sabotage.DroppedAcknowledgements && copy.AcknowledgeStatus is not null)
        {
            return;
        }

        agent.Connection.ToClient(Describe.Of(copy), () => agent.Deliver(copy));
        if (_world.Options.Sabotage == Sabotage.DoubledLaunches && copy.RunTask is not null)
        {
            var twin = copy.Clone();
            twin.RunTask.Task.TaskId.Value += "-twin";
            agent.Connection.ToClient(Describe.Of(twin), () => agent.Deliver(twin));
        }
    }

    /// <summary>Who is told an identity may count on it, whichever master comes next.</summary>
    private void MustBeDurable(string key)
    {
        if (!_cluster.Store.Written.Contains(RegistryKeys.Prefix + key))
        {
            throw new SimulationFailureException($"{Name} told of {key} before it was durable");
        }
    }
}
