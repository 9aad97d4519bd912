using Microsoft.Extensions.Primitives;

namespace Plenum.Master.Negotiation;

/// <summary>
/// Content types in and out. In: parameters and letter case are forgiven, since real clients send
/// <c>application/json; charset=utf-8</c>. Out: the bare name, since mesos-go compares it by equality.
/// </summary>
internal static class MediaTypes
{
    public const string Json = "application/json";
    public const string Protobuf = "application/x-protobuf";
    public const string Text = "text/plain; charset=utf-8";
    public const string Script = "text/javascript";

    public static string NameOf(BodyFormat format) => format == BodyFormat.Json ? Json : Protobuf;

    public static BodyFormat? FromContentType(string contentType)
    {
        var name = contentType.AsSpan();
        var parameters = name.IndexOf(';');
        name = (parameters < 0 ? name : name[..parameters]).Trim();
        if (name.Equals(Json, StringComparison.OrdinalIgnoreCase))
        {
            return BodyFormat.Json;
        }

        return name.Equals(Protobuf, StringComparison.OrdinalIgnoreCase) ? BodyFormat.Protobuf : null;
    }

    /// <summary>
    /// The format to answer in, or null when neither is acceptable. Mesos' rules: no header takes
    /// everything, q=0 excludes, other weights say nothing, and JSON wins when both fit.
    /// </summary>
    public static BodyFormat? FromAccept(StringValues accept)
    {
        if (accept.Count == 0)
        {
            return BodyFormat.Json;
        }

        if (Accepts(accept, Json))
        {
            return BodyFormat.Json;
        }

        return Accepts(accept, Protobuf) ? BodyFormat.Protobuf : null;
    }

    private static bool Accepts(StringValues accept, string type)
    {
        var accepted = false;
        foreach (var line in accept)
        {
            foreach (var range in line.AsSpan().Split(','))
            {
                var part = line.AsSpan()[range];
                var semicolon = part.IndexOf(';');
                var name = (semicolon < 0 ? part : part[..semicolon]).Trim();
                var excluded = semicolon >= 0 && HasZeroWeight(part[(semicolon + 1)..]);
                if (name.Equals(type, StringComparison.OrdinalIgnoreCase))
                {
                    if (excluded)
                    {
                        return false;
                    }

                    accepted = true;
                }
                else if (!excluded
                    && (name is "*/*" || name.Equals("application/*", StringComparison.OrdinalIgnoreCase)))
                {
                    accepted = true;
                }
            }
        }

        return accepted;
    }

    public static bool HasZeroWeight(ReadOnlySpan<char> parameters)
    {
        foreach (var range in parameters.Split(';'))
        {
            var parameter = parameters[range].Trim();
            if (parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase))
            {
                return parameter[2..].Trim().TrimEnd('0') is "" or "0." or ".";
            }
        }

        return false;
    }
}
