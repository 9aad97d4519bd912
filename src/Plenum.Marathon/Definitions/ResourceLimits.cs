namespace Plenum.Marathon.Definitions;

/// <summary>Upper bounds beside the requests. Positive infinity is the wire's "unlimited"; null is no bound given.</summary>
internal sealed record ResourceLimits(double? Cpus, double? Mem);
