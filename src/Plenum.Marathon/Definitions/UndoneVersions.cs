using System.Runtime.InteropServices;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// Versions after one and before another that an update made and its rollback took back: instances started from them are
/// not of the configuration that came back, those started before them still are.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UndoneVersions(Timestamp After, Timestamp Before)
{
    public bool Covers(Timestamp version) => version > After && version < Before;
}
