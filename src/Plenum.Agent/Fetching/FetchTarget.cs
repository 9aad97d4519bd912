using Plenum.Protocol.Redaction;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Fetching;

/// <summary>What becomes of one URI in a sandbox.</summary>
/// <param name="Uri">As the task gave it, without the checksum.</param>
/// <param name="FileName">Relative path of the file in the sandbox.</param>
/// <param name="Archive">How to unpack it; none when it stays as it is.</param>
/// <param name="Sha256">What its content must have as SHA-256, in lower case; null when nothing was asked for.</param>
internal sealed record FetchTarget(string Uri, string FileName, ArchiveKind Archive, bool Executable, bool Cached, string? Sha256)
{
    /// <summary>Plenum's own: what follows it at the end of a URI is a checksum, and never sent.</summary>
    private const string SumMark = "#sha256=";

    private const int SumDigits = 64;

    public static FetchTarget From(CommandInfo.Types.URI uri)
    {
        if (string.IsNullOrWhiteSpace(uri.Value) || uri.Value.Any(char.IsControl))
        {
            throw new FetchException("a URI to fetch is empty or holds control characters");
        }
        var (address, sum) = SplitSum(uri.Value);
        var name = uri.HasOutputFile && uri.OutputFile.Length > 0 ? uri.OutputFile : BaseName(address);
        RefuseEscape(address, name);
        // Executable excludes unpacking, as in Mesos.
        var archive = uri.Extract && !uri.Executable ? ArchiveKinds.Of(BaseName(address)) : ArchiveKind.None;
        return new FetchTarget(address, name, archive, uri.Executable, uri.Cache, sum);
    }

    private static (string Address, string? Sum) SplitSum(string uri)
    {
        var mark = uri.LastIndexOf(SumMark, StringComparison.Ordinal);
        if (mark < 0)
        {
            return (uri, null);
        }
        var sum = uri[(mark + SumMark.Length)..];
        return sum.Length == SumDigits && sum.All(char.IsAsciiHexDigit)
            ? (uri[..mark], sum.ToLowerInvariant())
            : throw new FetchException($"{UriSecrets.Hide(uri[..mark])}: {SumMark} needs the {SumDigits} hexadecimal digits of a SHA-256");
    }

    private static string BaseName(string uri)
    {
        var path = uri.StartsWith("file://", StringComparison.Ordinal) ? System.Uri.UnescapeDataString(uri["file://".Length..])
            : System.Uri.TryCreate(uri, UriKind.Absolute, out var parsed) ? System.Uri.UnescapeDataString(parsed.AbsolutePath) : uri;
        var name = path.TrimEnd('/').Split('/')[^1];
        return name.Length > 0 ? name : throw new FetchException($"{UriSecrets.Hide(uri)} names no file");
    }

    private static void RefuseEscape(string uri, string name)
    {
        if (Path.IsPathRooted(name) || name.Split('/').Any(static part => part is ".." or "." or "") || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new FetchException($"{UriSecrets.Hide(uri)}: the output file '{name}' must be a relative path within the sandbox");
        }
    }
}
