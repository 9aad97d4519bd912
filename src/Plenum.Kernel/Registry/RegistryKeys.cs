using Plenum.Protocol.Identity;

namespace Plenum.Kernel.Registry;

/// <summary>Names of the kernel's entries in the store.</summary>
public static class RegistryKeys
{
    /// <summary>Everything the kernel writes and wants back at <see cref="ClusterKernel.Restore"/> begins with this.</summary>
    public const string Prefix = "kernel/";

    internal const string Agents = Prefix + "agents/";
    internal const string Frameworks = Prefix + "frameworks/";
    internal const string Ends = Prefix + "ends/";
    internal const string LostTasks = Prefix + "lost/";
    internal const string Weights = Prefix + "weights/";
    internal const string Quotas = Prefix + "quotas/";
    internal const string Priorities = Prefix + "priorities/";
    internal const string Maintenance = Prefix + "maintenance";

    internal static string Of(AgentId agent) => Agents + agent.Value;

    internal static string Of(FrameworkId framework) => Frameworks + framework.Value;

    internal static string OfEnd(FrameworkId framework, TaskId task) => $"{Ends}{framework.Value}/{task.Value}";

    internal static string OfLostTasks(AgentId agent) => LostTasks + agent.Value;

    internal static string OfWeight(string role) => Weights + role;

    internal static string OfPriority(string role) => Priorities + role;

    internal static string OfQuota(string role) => Quotas + role;
}
