using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Registry;
using Plenum.Protocol.Link.V1;

namespace Plenum.Simulation.World;

// What waits for the store, and goes out when it is durable.
internal sealed partial class SimMaster
{
    /// <summary>Rounds that share a transaction, as many as in the real shell.</summary>
    private const int MaxRounds = 8;

    /// <summary>How many of the outbox the transaction at work is for; 0 when none is.</summary>
    private int _underWay;

    private void Drain()
    {
        if (_world.Options.Sabotage == Sabotage.UnprovenWords)
        {
            while (_underWay == 0 && _outbox.TryPeek(out var words) && words.Writes.Count == 0)
            {
                _outbox.Dequeue();
                Release(words.Effects);
            }
        }

        if (IsAlive && _underWay == 0 && _outbox.Count > 0)
        {
            _underWay = Math.Min(_outbox.Count, MaxRounds);
            var time = _world.Now + _world.Between(0.0002, _world.IsRough ? 0.05 : 0.002);
            _world.At(time > _storeBack ? time : _storeBack, string.Empty, Commit);
        }
    }

    /// <summary>Writes of all rounds at once; none are a question whether this master leads.</summary>
    private void Commit()
    {
        if (!IsAlive)
        {
            return;
        }

        if (_storeBack > _world.Now)
        {
            // Cut off while the transaction was on its way.
            _world.At(_storeBack, string.Empty, Commit);
            return;
        }

        if (!_cluster.Store.TryCommit(Term, _outbox.Take(_underWay).SelectMany(static round => round.Writes)))
        {
            _world.Note($"{Name} finds itself deposed");
            Crash();
            return;
        }

        var rounds = Enumerable.Range(0, _underWay).Select(_ => _outbox.Dequeue()).ToList();
        _underWay = 0;
        if (_world.MasterFault(0.005))
        {
            // Durable, and nobody was told.
            Crash();
            return;
        }

        foreach (var (_, effects) in rounds)
        {
            Release(effects);
        }

        Drain();
    }

    private void Release(List<KernelEffect> effects)
    {
        if (effects.Count > 0 && _cluster.Store.Term != Term)
        {
            throw new SimulationFailureException($"{Name} speaks, and m{_cluster.Store.Term} leads");
        }

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
