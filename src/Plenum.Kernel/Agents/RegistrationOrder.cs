using Google.Protobuf;
using Plenum.Protocol.Link.V1;

namespace Plenum.Kernel.Agents;

/// <summary>
/// Which of an agent's registrations is newest: the one with the highest life, and of one life with the highest
/// attempt. One that was held up on its way can arrive after a newer one; believing its lists would end tasks
/// that run and bring back ended ones.
/// </summary>
internal sealed class RegistrationOrder
{
    /// <summary>
    /// Processes remembered as superseded. Two of one identity are an accident of one copied directory or two; the
    /// bound only keeps an agent that restarts in a loop from growing a list.
    /// </summary>
    private const int MaxSuperseded = 16;

    private readonly Queue<ByteString> _superseded = new();

    /// <summary>Null until this master has seen one: of the life in the registry any process may be the first.</summary>
    private ByteString? _incarnation;
    private ulong _attempt;

    /// <summary>Highest life seen, by this master or by an earlier one.</summary>
    public ulong Life { get; private set; }

    public void Restore(ulong life) => Life = life;

    /// <summary>
    /// A registration without a life is of an agent that does not count them, and always believed. Two processes
    /// of one life exist only when a disk lost count, and nothing says which came first: the one that listens is
    /// told and takes a higher life.
    /// </summary>
    public bool IsNewest(AgentMessage.Types.Register message)
    {
        if (!message.HasLife || message.Life > Life)
        {
            return true;
        }

        return message.Life == Life
            && (_incarnation is null || (message.Incarnation.Equals(_incarnation) && message.Attempt > _attempt));
    }

    /// <summary>
    /// A later process took its place. That it speaks again shows that two are alive with one identity: left alone,
    /// each would outbid the other's life for ever, and tasks would come and go with them.
    /// </summary>
    public bool IsSuperseded(AgentMessage.Types.Register message) =>
        message.HasLife && _superseded.Contains(message.Incarnation);

    public void Take(AgentMessage.Types.Register message)
    {
        if (message.HasLife)
        {
            if (_incarnation is { } before && !before.Equals(message.Incarnation))
            {
                _superseded.Enqueue(before);
                if (_superseded.Count > MaxSuperseded)
                {
                    _superseded.Dequeue();
                }
            }

            (Life, _incarnation, _attempt) = (message.Life, message.Incarnation, message.Attempt);
        }
    }
}
