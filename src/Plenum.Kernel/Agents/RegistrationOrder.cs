using Google.Protobuf;
using Plenum.Protocol.Link.V1;

namespace Plenum.Kernel.Agents;

/// <summary>
/// Which of an agent's registrations is newest. One that was held up on its way can arrive after a newer one;
/// believing its lists would end tasks that run.
/// </summary>
internal sealed class RegistrationOrder
{
    /// <summary>Processes of one agent remembered as over. A registration of an older one would have been under way for that many restarts.</summary>
    private const int MaxRemembered = 16;

    private readonly Queue<ByteString> _over = new();
    private ByteString _incarnation = ByteString.Empty;
    private ulong _attempt;

    /// <summary>Takes note of the registration; false when a newer one has been seen.</summary>
    public bool IsNewest(AgentMessage.Types.Register message)
    {
        if (!message.HasIncarnation)
        {
            return true;
        }

        if (message.Incarnation.Equals(_incarnation))
        {
            if (message.Attempt <= _attempt)
            {
                return false;
            }

            _attempt = message.Attempt;
            return true;
        }

        if (_over.Contains(message.Incarnation))
        {
            return false;
        }

        _over.Enqueue(_incarnation);
        if (_over.Count > MaxRemembered)
        {
            _over.Dequeue();
        }

        (_incarnation, _attempt) = (message.Incarnation, message.Attempt);
        return true;
    }
}
