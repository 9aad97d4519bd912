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

    public void Take(AgentMessage.Types.Register message)
    {
        if (message.HasLife)
        {
            (Life, _incarnation, _attempt) = (message.Life, message.Incarnation, message.Attempt);
        }
    }
}
