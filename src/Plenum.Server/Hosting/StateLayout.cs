namespace Plenum.Server.Hosting;

/// <summary>The directories below the state directory of one machine.</summary>
internal sealed record StateLayout(string Root)
{
    /// <summary>The master's store, Marathon's included.</summary>
    public string Store => Path.Combine(Root, "store");

    /// <summary>What runs now: the addresses file and, written by the start script, supervisor and lock files.</summary>
    public string Run => Path.Combine(Root, "run");

    /// <summary>Work directory of the n-th agent of this machine, counted from 1.</summary>
    public string Agent(int number) => Path.Combine(Root, "agents", number.ToString());

    /// <summary>Values of secrets that tasks refer to, put there by the operator; for the owner alone.</summary>
    public string Secrets => Path.Combine(Root, "secrets");

    public IEnumerable<string> ExistingAgents()
    {
        var agents = Path.Combine(Root, "agents");
        return Directory.Exists(agents) ? Directory.EnumerateDirectories(agents) : [];
    }
}
