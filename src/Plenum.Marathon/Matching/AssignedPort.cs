using System.Runtime.InteropServices;

namespace Plenum.Marathon.Matching;

/// <summary>
/// The ports that one definition entry got. <paramref name="Declared"/> is the number in the definition (0: any),
/// <paramref name="Host"/> is null for a mapping that opens nothing on the agent.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AssignedPort(string? Name, int Declared, int? Host, int Container)
{
    /// <summary>What PORT0 and its kin hold: the host port when there is one, in bridge mode too.</summary>
    public int Effective => Host ?? Container;
}
