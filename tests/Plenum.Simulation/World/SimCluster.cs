using Plenum.Protocol.Identity;

namespace Plenum.Simulation.World;

/// <summary>
/// All parts of one simulated cluster, and what goes wrong with them. Its masters share one store: one leads, one or
/// more that lost their lease may still be at work and not know it, and the store refuses what those write.
/// </summary>
internal sealed class SimCluster
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);

    /// <summary>How often an agent is cut off at its very first registration, when nothing else tells who it is.</summary>
    private const double FirstAnswerLost = 0.1;

    private readonly SimWorld _world;
    private readonly List<SimMaster> _masters = [];
    private bool _electing;

    public SimCluster(SimWorld world)
    {
        _world = world;
        Store = new SimStore(isFenced: world.Options.Sabotage != Sabotage.UnfencedStore);
        Agents = [.. Enumerable.Range(0, world.Options.Agents).Select(number => new SimAgent(this, world, number))];
        Frameworks = [.. Enumerable.Range(0, world.Options.Frameworks).Select(number => new SimFramework(this, world, number))];
    }

    public SimStore Store { get; }

    public IReadOnlyList<SimAgent> Agents { get; }

    public IReadOnlyList<SimFramework> Frameworks { get; }

    /// <summary>Names of the agents that an operator dismissed: they may be told to stop.</summary>
    public HashSet<string> Dismissed { get; } = new(StringComparer.Ordinal);

    /// <summary>Agents whose machines an operator put down for maintenance: the book forgets them.</summary>
    public HashSet<AgentId> PutDown { get; } = [];

    public int Failovers => _masters.Count - 1;

    public SimMaster? Leader => _masters.LastOrDefault() is { IsAlive: true } newest && newest.Term == Store.Term ? newest : null;

    /// <summary>Counts whatever should not happen in a cluster without faults: new leaders, connections, lost agents.</summary>
    public string Activity
    {
        get
        {
            var counters = Leader?.Snapshot.Counters;
            return $"{Failovers} failovers, {Frameworks.Sum(framework => framework.Connects)} framework connections, "
                + $"{counters?.AgentReregistrations} agents back, {counters?.AgentUnreachableCompleted} lost";
        }
    }

    public void Start()
    {
        _world.MastersRoughUntil = SimWorld.Start + (_world.Options.FaultTime * _world.Random.NextDouble());
        Elect();
        foreach (var agent in Agents)
        {
            var start = _world.Between(0, 2);
            _world.After(start, string.Empty, agent.Start);
            if (_world.Chance(FirstAnswerLost))
            {
                _world.After(start + _world.Between(0, 0.1), string.Empty, () => CutOff(agent));
            }
        }

        foreach (var framework in Frameworks)
        {
            _world.After(_world.Between(0, 4), string.Empty, framework.Start);
        }

        ScheduleFault();
        var hasOperator = _world.Chance(0.5);
        if (hasOperator || _world.Options.HasOperator || _world.IsTight)
        {
            new SimOperator(this, _world).Start();
        }
    }

    /// <summary>Where a client's connection ends up: nearly always the leader, now and then one that was deposed and does not know.</summary>
    public SimMaster? MasterForClient(bool isPartitioned)
    {
        if (isPartitioned)
        {
            return null;
        }

        var alive = _masters.Where(master => master.IsAlive).ToList();
        if (alive.Count == 0)
        {
            return null;
        }

        return _world.Fault(0.2) ? alive[_world.Random.Next(alive.Count)] : alive[^1];
    }

    public void EnsureLeader()
    {
        if (Leader is not null || _electing)
        {
            return;
        }

        _electing = true;
        _world.After(_world.Between(0.3, 6), string.Empty, () =>
        {
            _electing = false;
            if (Leader is null)
            {
                Elect();
            }
        });
    }

    /// <summary>No more faults; what is broken is mended.</summary>
    public void Heal()
    {
        _world.IsRough = false;
        _world.Note("faults end");
        foreach (var agent in Agents)
        {
            agent.IsPartitioned = false;
        }

        foreach (var framework in Frameworks)
        {
            framework.IsPartitioned = false;
        }

        foreach (var master in _masters.SkipLast(1))
        {
            master.Crash();
        }
    }

    /// <summary>One of the masters that do not run, or run again, takes the lease; none when all but the leader linger.</summary>
    private void Elect()
    {
        if (_masters.Count(static master => master.IsAlive) >= _world.Options.Masters)
        {
            return;
        }

        WorldChecks.SuccessorKnowsAll(this);
        var term = Store.NextTerm();
        _world.Note($"m{term} leads");
        foreach (var deposed in _masters.Where(master => master.IsAlive).ToList())
        {
            _world.After(_world.Between(0, LeaseTime.TotalSeconds), string.Empty, deposed.Crash);
        }

        var leader = new SimMaster(this, _world, term);
        _masters.Add(leader);
        leader.Run();
    }

    private void CutOff(SimAgent agent)
    {
        _world.Note($"{agent.Name} is cut off");
        agent.IsPartitioned = true;
        agent.SilenceLinks();
        _world.After(_world.Between(1, 200), $"{agent.Name} is reachable", () => agent.IsPartitioned = false);
    }

    private void ScheduleFault()
    {
        var mean = _world.Options.FaultInterval.TotalSeconds;
        _world.After(_world.Between(0, 2 * mean), string.Empty, () =>
        {
            if (_world.IsRough)
            {
                BreakSomething();
                ScheduleFault();
            }
        });
    }

    private void BreakSomething()
    {
        var agent = Agents[_world.Random.Next(Agents.Count)];
        var framework = Frameworks[_world.Random.Next(Frameworks.Count)];
        switch (_world.Random.Next(_world.MastersAreRough ? 22 : 15))
        {
            case < 3:
                agent.Crash();
                break;
            case 3:
                agent.Reboot();
                break;
            case < 7:
                _world.Note($"{agent.Name} link breaks");
                agent.BreakLinks();
                break;
            case < 9:
                CutOff(agent);
                break;
            case < 11:
                framework.Crash();
                break;
            case < 14:
                _world.Note($"{framework.Name} stream breaks");
                framework.BreakStream();
                break;
            case < 15:
                _world.Note($"{framework.Name} is cut off");
                framework.IsPartitioned = true;
                framework.SilenceStream();
                _world.After(_world.Between(1, 150), $"{framework.Name} is reachable", () => framework.IsPartitioned = false);
                break;
            case < 17:
                _masters[^1].Crash();
                break;
            case < 19:
                // Its writes wait, it does not know why, and mostly another takes the lease meanwhile.
                _world.Note($"{_masters[^1].Name} is cut off from the store");
                _masters[^1].LoseStore(_world.Between(0.5, 15));
                if (!_electing && _world.Chance(0.7))
                {
                    Elect();
                }

                break;
            default:
                // The lease moved on although the leader lives: two masters, one of which may write.
                if (!_electing)
                {
                    Elect();
                }

                break;
        }
    }
}
