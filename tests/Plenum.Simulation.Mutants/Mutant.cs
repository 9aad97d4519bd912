namespace Plenum.Mutants;

/// <summary>Which fault of Mutants.txt is at work. The list of them is written by the build.</summary>
internal static partial class Mutant
{
    /// <summary>0 for none. The sources as they are compiled here ask for it at each place that has a fault.</summary>
    [ThreadStatic]
    public static int Active;
}
