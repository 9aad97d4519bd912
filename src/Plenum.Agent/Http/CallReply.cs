namespace Plenum.Agent.Http;

/// <summary>HTTP answer to a call of an executor or resource provider, as the book decided it.</summary>
internal sealed record CallReply(int StatusCode, string? Message);
