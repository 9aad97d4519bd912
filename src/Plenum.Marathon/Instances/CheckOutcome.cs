namespace Plenum.Marathon.Instances;

/// <summary>Last result of an observational check. One of the three is set.</summary>
internal sealed record CheckOutcome(int? HttpStatus, bool? TcpSucceeded, int? ExitCode);
