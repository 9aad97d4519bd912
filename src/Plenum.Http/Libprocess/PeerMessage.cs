using System.Globalization;
using System.Text;
using Google.Protobuf;

namespace Plenum.Http.Libprocess;

/// <summary>
/// A message as libprocess writes it: a POST whose path is the actor and the full name of the protobuf type, its
/// body one chunk. The User-Agent tells libprocess peers that nobody reads an answer, so they send none.
/// </summary>
public static class PeerMessage
{
    public static byte[] Encode(Upid from, Upid to, IMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var size = message.CalculateSize();
        var head = new StringBuilder()
            .Append(CultureInfo.InvariantCulture, $"POST /{to.Id}/{message.Descriptor.FullName} HTTP/1.1\r\n")
            .Append(CultureInfo.InvariantCulture, $"User-Agent: libprocess/{from}\r\n")
            .Append(CultureInfo.InvariantCulture, $"Libprocess-From: {from}\r\n")
            .Append("Connection: Keep-Alive\r\n")
            .Append(CultureInfo.InvariantCulture, $"Host: {to.Address}\r\n");
        if (size == 0)
        {
            return Encoding.ASCII.GetBytes(head.Append("\r\n").ToString());
        }

        head.Append(CultureInfo.InvariantCulture, $"Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n");
        var start = Encoding.ASCII.GetBytes(head.ToString());
        var bytes = new byte[start.Length + size + End.Length];
        start.CopyTo(bytes, 0);
        message.WriteTo(bytes.AsSpan(start.Length, size));
        End.CopyTo(bytes.AsSpan(start.Length + size));
        return bytes;
    }

    private static ReadOnlySpan<byte> End => "\r\n0\r\n\r\n"u8;
}
