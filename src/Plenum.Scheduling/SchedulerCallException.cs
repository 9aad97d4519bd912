using System.Net;

namespace Plenum.Scheduling;

/// <summary>The master refused a call. 403 means the subscription is gone: subscribe again.</summary>
public sealed class SchedulerCallException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;
}
