namespace Plenum.Marathon.Definitions;

internal sealed record VersionInfo(Timestamp LastScalingAt, Timestamp LastConfigChangeAt);
