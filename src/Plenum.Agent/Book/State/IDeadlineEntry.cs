namespace Plenum.Agent.Book.State;

/// <summary>Something in the book that wants to be looked at when a time has come.</summary>
internal interface IDeadlineEntry
{
    DateTimeOffset? Deadline { get; }

    /// <summary>Time under which the entry stands in the queue now; kept by <see cref="DeadlineQueue"/> only.</summary>
    DateTimeOffset? QueuedAt { get; set; }
}
