namespace Plenum.Agent.Checking;

/// <summary>What came of a question.</summary>
internal readonly record struct ProbeEnd(ProbeEndKind Kind, int Status = 0, Exception? Problem = null)
{
    /// <summary>There was an answer that takes more to understand: a redirect, an interim one, none of HTTP/1, or none at all.</summary>
    public static readonly ProbeEnd Open = new(ProbeEndKind.Open);

    public static readonly ProbeEnd Late = new(ProbeEndKind.Late);

    public static readonly ProbeEnd Stopped = new(ProbeEndKind.Stopped);

    public static ProbeEnd Answered(int status) => new(ProbeEndKind.Answered, status);

    public static ProbeEnd Failed(Exception problem) => new(ProbeEndKind.Failed, Problem: problem);
}
