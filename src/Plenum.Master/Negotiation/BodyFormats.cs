using Microsoft.Extensions.Primitives;

namespace Plenum.Master.Negotiation;

/// <summary>Which of the two encodings a request has, and which its sender takes.</summary>
internal static class BodyFormats
{
    public static string NameOf(BodyFormat format) => format == BodyFormat.Json ? MediaTypes.Json : MediaTypes.Protobuf;

    public static BodyFormat? FromContentType(string contentType)
    {
        if (MediaTypes.Is(contentType, MediaTypes.Json))
        {
            return BodyFormat.Json;
        }

        return MediaTypes.Is(contentType, MediaTypes.Protobuf) ? BodyFormat.Protobuf : null;
    }

    /// <summary>The format to answer in, or null when neither is acceptable; JSON wins when both fit.</summary>
    public static BodyFormat? FromAccept(StringValues accept)
    {
        if (MediaTypes.Accepts(accept, MediaTypes.Json))
        {
            return BodyFormat.Json;
        }

        return MediaTypes.Accepts(accept, MediaTypes.Protobuf) ? BodyFormat.Protobuf : null;
    }
}
