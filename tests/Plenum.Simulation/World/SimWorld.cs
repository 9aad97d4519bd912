namespace Plenum.Simulation.World;

/// <summary>Time, chance and the list of what is to happen. One thread, one seed.</summary>
internal sealed class SimWorld(ulong seed, SimulationOptions options)
{
    private readonly PriorityQueue<(string What, Action Do), (long Ticks, long Order)> _agenda = new();
    private readonly Queue<string> _trace = new();
    private long _order;

    public Random Random { get; } = new((int)(seed ^ (seed >> 32)));

    public SimulationOptions Options { get; } = options;

    public DateTimeOffset Now { get; private set; } = Start;

    public static DateTimeOffset Start { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public int Steps { get; private set; }

    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    /// <summary>
    /// Every third world has large tasks, so that its agents are full and who asks for room waits for it, and priorities
    /// from the start. By the seed's number, not by chance: the other worlds are what they are without it.
    /// </summary>
    public bool IsTight { get; } = seed % 3 == 1;

    /// <summary>Faults happen.</summary>
    public bool IsRough { get; set; } = true;

    /// <summary>
    /// After this the leader stays. A new one learns everything anew from agents and registry, which would wipe out
    /// the traces of most mistakes of the one before.
    /// </summary>
    public DateTimeOffset MastersRoughUntil { get; set; } = Start;

    public bool MastersAreRough => IsRough && Now < MastersRoughUntil;

    public IReadOnlyList<string> Trace => [.. _trace];

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public bool Fault(double probability) => IsRough && Chance(probability);

    public TimeSpan Between(double fromSeconds, double toSeconds) =>
        TimeSpan.FromSeconds(fromSeconds + (Random.NextDouble() * (toSeconds - fromSeconds)));

    public bool MasterFault(double probability) => MastersAreRough && Chance(probability);

    /// <summary>How long one message is on its way. Now and then very long: buffers, retransmissions, a paused machine.</summary>
    public TimeSpan Latency() =>
        Fault(0.01) ? Between(5, 45)
        : Fault(0.1) ? Between(0.1, 2)
        : Between(0.0005, 0.02);

    public void After(TimeSpan delay, string what, Action action) => At(Now + delay, what, action);

    public void At(DateTimeOffset time, string what, Action action) =>
        _agenda.Enqueue((what, action), (Math.Max(time.UtcTicks, Now.UtcTicks), _order++));

    public void Note(string what)
    {
        _trace.Enqueue($"{(Now - Start).TotalSeconds,10:F3}  {what}");
        if (_trace.Count > Options.TraceLength)
        {
            _trace.Dequeue();
        }

        foreach (var character in what)
        {
            Fingerprint = (Fingerprint ^ character) * 1099511628211;
        }
    }

    public void RunUntil(DateTimeOffset end, Action afterStep)
    {
        while (_agenda.TryPeek(out var next, out var due) && due.Ticks <= end.UtcTicks)
        {
            _agenda.Dequeue();
            Now = new DateTimeOffset(due.Ticks, TimeSpan.Zero);
            Steps++;
            if (next.What.Length > 0)
            {
                Note(next.What);
            }

            next.Do();
            afterStep();
        }

        Now = end;
    }
}
