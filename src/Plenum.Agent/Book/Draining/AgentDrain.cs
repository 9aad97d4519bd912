using Plenum.Protocol.V1;

namespace Plenum.Agent.Book;

/// <summary>An operator drains the agent.</summary>
/// <param name="Started">When it was asked for, by the master's clock; null when an order did not say.</param>
public sealed record AgentDrain(DrainConfig Config, TimeInfo? Started);
