using System.Net;

namespace Plenum.Scheduling;

/// <summary>
/// The master refused a call. 403 means the subscription is gone: subscribe again. 503 means that no
/// leading master could be reached: try again later.
/// </summary>
public sealed class SchedulerCallException(HttpStatusCode status, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public HttpStatusCode Status { get; } = status;
}
