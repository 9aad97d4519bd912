namespace Plenum.Agent.Book.State;

/// <summary>Bounds of what the book keeps. The history sizes are Mesos' own (mesos.md 6.6).</summary>
internal static class BookLimits
{
    public const int CompletedFrameworks = 50;

    public const int CompletedExecutors = 150;

    public const int CompletedTasks = 200;

    /// <summary>
    /// Statuses kept of one task. Equal states replace each other, so only a task that changes to and
    /// fro through an executor of its own reaches it.
    /// </summary>
    public const int StatusHistory = 32;

    /// <summary>
    /// Unacknowledged updates of one task. Beyond it the newest not yet sent one gives way to the next:
    /// with no framework to acknowledge, a failing health check makes one each interval for ever.
    /// </summary>
    public const int PendingUpdates = 64;
}
