using Plenum.Marathon.Instances;

namespace Plenum.Metronome.Runs;

/// <summary>One task of a run: the first, or one that followed a failure.</summary>
internal sealed record RunTask(string Id, DateTimeOffset StartedAt)
{
    public Condition Condition { get; init; } = Condition.Provisioned;

    /// <summary>The agent has it: what is said of it from here on is about something that was there.</summary>
    public bool WasHeardOf { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>Since when its agent cannot be reached; null while it can.</summary>
    public DateTimeOffset? UnreachableSince { get; init; }

    public required string AgentId { get; init; }

    public required string Host { get; init; }

    /// <summary>What the agent said about its end.</summary>
    public string? Message { get; init; }

    public bool IsLive => !Condition.IsTerminal();
}
