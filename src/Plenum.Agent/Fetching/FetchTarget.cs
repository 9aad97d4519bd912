using Plenum.Protocol.V1;

namespace Plenum.Agent.Fetching;

/// <summary>What becomes of one URI in a sandbox.</summary>
/// <param name="Uri">As the task gave it.</param>
/// <param name="FileName">Relative path of the file in the sandbox.</param>
/// <param name="Archive">How to unpack it; none when it stays as it is.</param>
internal sealed record FetchTarget(string Uri, string FileName, ArchiveKind Archive, bool Executable, bool Cached)
{
    public static FetchTarget From(CommandInfo.Types.URI uri)
    {
        if (string.IsNullOrWhiteSpace(uri.Value) || uri.Value.Any(char.IsControl))
        {
            throw new FetchException("a URI to fetch is empty or holds control characters");
        }
        var name = uri.HasOutputFile && uri.OutputFile.Length > 0 ? uri.OutputFile : BaseName(uri.Value);
        RefuseEscape(uri.Value, name);
        // Executable excludes unpacking, as in Mesos.
        var archive = uri.Extract && !uri.Executable ? ArchiveKinds.Of(BaseName(uri.Value)) : ArchiveKind.None;
        return new FetchTarget(uri.Value, name, archive, uri.Executable, uri.Cache);
    }

    /// <summary>The URI as it may be shown: passwords in it and signatures in its query are secrets.</summary>
    public static string Describe(string uri)
    {
        if (!System.Uri.TryCreate(uri, UriKind.Absolute, out var parsed) || (parsed.Host.Length == 0 && !parsed.IsFile))
        {
            // Nobody can say what of it is a password: what stands before the last @ is not shown, nor a query.
            var bare = uri[(uri.LastIndexOf('@') + 1)..];
            return (bare.Length < uri.Length ? "…@" : string.Empty) + (bare.IndexOf('?') is var query and >= 0 ? bare[..query] + "?…" : bare);
        }
        if (parsed.IsFile)
        {
            return uri;
        }
        var shown = parsed.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        return parsed.Query.Length > 0 ? shown + "?…" : shown;
    }

    private static string BaseName(string uri)
    {
        var path = uri.StartsWith("file://", StringComparison.Ordinal) ? System.Uri.UnescapeDataString(uri["file://".Length..])
            : System.Uri.TryCreate(uri, UriKind.Absolute, out var parsed) ? System.Uri.UnescapeDataString(parsed.AbsolutePath) : uri;
        var name = path.TrimEnd('/').Split('/')[^1];
        return name.Length > 0 ? name : throw new FetchException($"{Describe(uri)} names no file");
    }

    private static void RefuseEscape(string uri, string name)
    {
        if (Path.IsPathRooted(name) || name.Split('/').Any(static part => part is ".." or "." or "") || name.Contains('\0', StringComparison.Ordinal))
        {
            throw new FetchException($"{Describe(uri)}: the output file '{name}' must be a relative path within the sandbox");
        }
    }
}
