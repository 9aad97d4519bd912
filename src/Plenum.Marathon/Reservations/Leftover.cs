using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Reservations;

/// <summary>
/// A reservation nobody needs any more. It is taken apart when its resources are offered; until then its role must go on
/// to receive offers, or it would stay for ever.
/// </summary>
/// <param name="IsMade">It was seen in an offer; else it may not exist at all.</param>
internal sealed record Leftover(InstanceId Instance, string AgentId, string Role, DateTimeOffset Since, bool IsMade);
