namespace Plenum.Marathon.Instances;

internal readonly record struct InstanceAddress(string Address, bool IsIpv6);
