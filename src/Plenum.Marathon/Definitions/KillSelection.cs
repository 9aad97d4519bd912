namespace Plenum.Marathon.Definitions;

internal enum KillSelection
{
    YoungestFirst,
    OldestFirst,
}
