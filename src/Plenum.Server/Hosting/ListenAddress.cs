using System.Net;

namespace Plenum.Server.Hosting;

/// <summary>
/// Where the APIs may listen. Until there is identity, everybody who reaches an API can run programs on
/// the machine, so anything but loopback is refused.
/// </summary>
internal static class ListenAddress
{
    public const string Refusal =
        "only loopback addresses can be listened on: Plenum has no login yet, so anybody who reaches its APIs could run "
        + "programs on this machine. To reach it from elsewhere today, use an ssh tunnel.";

    /// <summary>Null and the reason when the text is no address or not a loopback one.</summary>
    public static (IPAddress? Address, string? Error) Parse(string text)
    {
        if (string.Equals(text, "localhost", StringComparison.OrdinalIgnoreCase))
        {
            return (IPAddress.Loopback, null);
        }

        if (!IPAddress.TryParse(text, out var address))
        {
            return (null, $"'{text}' is not an IP address; use 127.0.0.1");
        }

        return IPAddress.IsLoopback(address) ? (address, null) : (null, Refusal);
    }
}
