using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Plenum.Http.Libprocess;

/// <summary>
/// Address of a libprocess actor, <c>id@ip:port</c>. It becomes part of request lines and of connections this
/// process opens, so only plain ones are taken: names of machines are not looked up.
/// </summary>
public readonly record struct Upid(string Id, IPEndPoint Address)
{
    /// <summary>A driver's own is about 70 characters long.</summary>
    private const int MaxLength = 256;

    public static bool TryParse([NotNullWhen(true)] string? text, out Upid upid)
    {
        upid = default;
        if (text is null || text.Length > MaxLength || text.IndexOf('@') is not (> 0 and var at))
        {
            return false;
        }

        var id = text[..at];
        if (!id.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '(' or ')'))
        {
            return false;
        }

        // IPEndPoint would also take an address without a port.
        var colon = text.LastIndexOf(':');
        if (colon < at
            || !IPAddress.TryParse(text.AsSpan(at + 1, colon - at - 1), out var address)
            || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port == 0)
        {
            return false;
        }

        upid = new Upid(id, new IPEndPoint(address, port));
        return true;
    }

    public override string ToString() => $"{Id}@{Address}";
}
