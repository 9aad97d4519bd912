using System.Net;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Http;

namespace Plenum.Http.Libprocess;

/// <summary>What makes a request a libprocess message, and who sent it.</summary>
public static class PeerRequest
{
    private const string From = "Libprocess-From";
    private const string Agent = "libprocess/";

    /// <summary>libprocess' own rule: a POST with either of the two headers.</summary>
    public static bool IsMessage(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return HttpMethods.IsPost(request.Method)
            && (request.Headers.ContainsKey(From)
                || request.Headers.UserAgent.ToString().StartsWith(Agent, StringComparison.Ordinal));
    }

    /// <summary>Null when no header names a sender that can be answered.</summary>
    public static Upid? SenderOf(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string? text = request.Headers[From];
        text ??= request.Headers.UserAgent.ToString() is { } agent && agent.StartsWith(Agent, StringComparison.Ordinal)
            ? agent[Agent.Length..]
            : null;
        return Upid.TryParse(text?.Trim(), out var sender) ? sender : null;
    }

    /// <summary>
    /// Whether the sender may be connected to: it must be on the machine the request came from, or anybody could
    /// have this process connect to anything. A peer on this machine may name any address of it, since a driver
    /// names the one its host name stands for and not the loopback one it came from.
    /// </summary>
    public static bool IsFromPeer(Upid sender, IPAddress? peer)
    {
        if (peer is null)
        {
            return false;
        }

        if (peer.IsIPv4MappedToIPv6)
        {
            peer = peer.MapToIPv4();
        }

        var named = sender.Address.Address;
        return named.Equals(peer) || (IsOfThisMachine(peer) && IsOfThisMachine(named));
    }

    private static bool IsOfThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(static nic => nic.GetIPProperties().UnicastAddresses)
            .Any(own => own.Address.Equals(address));
}
