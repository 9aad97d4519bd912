using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Plenum.Protocol.Identity;

namespace Plenum.Kernel.Registry;

/// <summary>
/// Names of the kernel's entries in the store. Any id and role makes one that the store takes: what agents and
/// frameworks call themselves must not be able to stop the master, and Mesos allows control characters in roles and
/// bounds none. What does not fit goes by its hash; nothing is ever read from a key but its kind.
/// </summary>
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

    /// <summary>Of a key in the store. The two are held together by a test that stores every name.</summary>
    private const int MaxLength = 1024;

    /// <summary>The store ends its scans with it.</summary>
    private static readonly Rune Last = new(0x10FFFF);

    internal static string Of(AgentId agent) => Name(Agents, agent.Value);

    internal static string Of(FrameworkId framework) => Name(Frameworks, framework.Value);

    internal static string OfEnd(FrameworkId framework, TaskId task) => $"{Ends}{Part(framework.Value)}/{Part(task.Value)}";

    internal static string OfLostTasks(AgentId agent) => Name(LostTasks, agent.Value);

    internal static string OfWeight(string role) => Name(Weights, role);

    internal static string OfPriority(string role) => Name(Priorities, role);

    internal static string OfQuota(string role) => Name(Quotas, role);

    private static string Name(string prefix, string name) =>
        prefix.Length + name.Length <= MaxLength && IsPlain(name) ? prefix + name : prefix + Hash(name);

    // One of two: neither may hold the slash between them.
    private static string Part(string id) =>
        id.Length <= IdSyntax.MaxLength && IsPlain(id) && !id.Contains('/', StringComparison.Ordinal) ? id : Hash(id);

    // No role begins with a slash and no id holds one, so that nothing is called what another's hash is.
    private static string Hash(string name) => "/" + Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(name.AsSpan())));

    private static bool IsPlain(string name)
    {
        foreach (var rune in name.EnumerateRunes())
        {
            // Half a pair comes out as the replacement character, which stands for any half.
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar || rune == Last)
            {
                return false;
            }
        }

        return name.Length > 0 && name[0] != '/';
    }
}
