namespace Plenum.Master.Scheduler;

/// <summary>Why a call is not taken, as the status code and text of the answer.</summary>
internal readonly record struct Refusal(int Status, string Reason);
