using Microsoft.Extensions.Primitives;

namespace Plenum.Http;

/// <summary>
/// Content types in and out (mesos.md 3.2). In: parameters and letter case are forgiven, since real clients
/// send <c>application/json; charset=utf-8</c>. Out: the bare name, since mesos-go compares it by equality.
/// </summary>
public static class MediaTypes
{
    public const string Json = "application/json";
    public const string Protobuf = "application/x-protobuf";
    public const string RecordIO = "application/recordio";
    public const string Text = "text/plain; charset=utf-8";
    public const string Script = "text/javascript";

    public static bool Is(string? contentType, string type)
    {
        var name = contentType.AsSpan();
        var parameters = name.IndexOf(';');
        return (parameters < 0 ? name : name[..parameters]).Trim().Equals(type, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>
    /// Whether an <c>Accept</c> or <c>Accept-Encoding</c> header takes this type. Mesos' rules: no header
    /// takes everything, q=0 excludes, other weights say nothing.
    /// </summary>
    /// <param name="wildcard">False where only the name itself counts, as for encodings.</param>
    public static bool Accepts(StringValues accept, string type, bool wildcard = true)
    {
        if (accept.Count == 0)
        {
            return wildcard;
        }

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
                else if (wildcard && !excluded && (name is "*/*" || name.Equals("application/*", StringComparison.OrdinalIgnoreCase)))
                {
                    accepted = true;
                }
            }
        }

        return accepted;
    }

    private static bool HasZeroWeight(ReadOnlySpan<char> parameters)
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
