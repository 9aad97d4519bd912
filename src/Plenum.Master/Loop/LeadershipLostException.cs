namespace Plenum.Master.Loop;

/// <summary>The store refused a write because another master leads.</summary>
internal sealed class LeadershipLostException(string lease, long term)
    : Exception($"The lease '{lease}' of term {term} is lost: another master leads.");
