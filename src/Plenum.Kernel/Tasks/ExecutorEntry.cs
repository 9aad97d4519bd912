using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Snapshots;
using Plenum.Protocol.Identity;

namespace Plenum.Kernel.Tasks;

/// <summary>One executor a framework brought, with its own resources.</summary>
internal sealed class ExecutorEntry(ExecutorRecord record, string role, FrameworkEntry framework, AgentEntry agent)
{
    public ExecutorRecord Record { get; } = record;

    public string Role { get; } = role;

    public FrameworkEntry Framework { get; } = framework;

    public AgentEntry Agent { get; } = agent;

    public (FrameworkId Framework, ExecutorId Executor) Key => (Record.FrameworkId, Record.Id);

    /// <summary>Tasks in the book that run in it.</summary>
    public int Tasks { get; set; }

    /// <summary>
    /// The agent said it ended while launches to it were on their way: those start it anew or fail. Until
    /// they are heard of its resources stay booked.
    /// </summary>
    public bool Exited { get; set; }

    public bool Removed { get; set; }

    public int Slot { get; set; }

    public int FrameworkIndex { get; set; }
}
