using Google.Protobuf;

namespace Plenum.Agent.Book.State;

/// <summary>Updates of one task that the framework has not acknowledged, oldest first.</summary>
internal sealed class UpdateStream
{
    public List<TaskStatus> Pending { get; } = [];

    public TaskStatus? Head => Pending.Count == 0 ? null : Pending[0];

    /// <summary>When the head is sent again; null while there is no head or no link.</summary>
    public DateTimeOffset? ResendAt { get; set; }

    public TimeSpan ResendDelay { get; set; }

    /// <summary>An executor that repeats an update which was acknowledged meanwhile is told so again.</summary>
    public ByteString? LastAcknowledged { get; set; }

    public bool Knows(ByteString uuid)
    {
        foreach (var update in Pending)
        {
            if (update.Uuid == uuid)
            {
                return true;
            }
        }

        return false;
    }
}
