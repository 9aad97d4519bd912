namespace Plenum.Kernel.Allocation;

/// <summary>In which order roles, or the frameworks of a role, are served.</summary>
public enum SorterKind
{
    /// <summary>The smallest dominant share first.</summary>
    Drf,

    /// <summary>
    /// By lot for each agent, weighted. What DC/OS uses: nobody can keep the first place by holding
    /// nothing.
    /// </summary>
    Random,
}
