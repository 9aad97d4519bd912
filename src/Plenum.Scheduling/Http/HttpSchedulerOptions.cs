namespace Plenum.Scheduling.Http;

/// <summary>How a framework reaches the masters over HTTP.</summary>
public sealed record HttpSchedulerOptions
{
    /// <summary>Any master, for example <c>http://127.0.0.1:5050</c>; a standby names the leader.</summary>
    public required Uri Master { get; init; }

    /// <summary>Protobuf is a third of the size and time; JSON can be read in a trace.</summary>
    public bool UseJson { get; init; }

    /// <summary>Events read ahead of the framework. When it stops reading, the master ends the stream.</summary>
    public int MaxBufferedEvents { get; init; } = 1_024;

    /// <summary>
    /// Largest event taken: offers of 5,000 agents in one event are about 3 MB, the largest status
    /// update is bounded by the agent far below.
    /// </summary>
    public int MaxEventBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// How long an answer's headers may take. The master answers before it works, so that this only
    /// covers the network.
    /// </summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(15);
}
