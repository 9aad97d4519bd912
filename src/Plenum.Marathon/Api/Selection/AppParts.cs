namespace Plenum.Marathon.Api.Selection;

/// <summary>What a client wants to see of an app beside its definition.</summary>
[Flags]
internal enum AppParts
{
    None = 0,
    Counts = 1,
    Deployments = 1 << 1,
    Tasks = 1 << 2,
    Readiness = 1 << 3,
    LastTaskFailure = 1 << 4,
    TaskStatistics = 1 << 5,
}
