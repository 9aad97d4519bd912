namespace Plenum.Agent.Executors;

/// <summary>HTTP answer to an executor's call, as the book decided it.</summary>
internal sealed record ExecutorReply(int StatusCode, string? Message);
