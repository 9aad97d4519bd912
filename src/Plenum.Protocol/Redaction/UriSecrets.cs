namespace Plenum.Protocol.Redaction;

/// <summary>URIs as they may be shown: passwords in them and signatures in their queries are secrets.</summary>
public static class UriSecrets
{
    /// <summary>Stands for what is not shown.</summary>
    private const string Hidden = "…";

    /// <summary>A URI without a password and a query is given back as it is.</summary>
    public static string Hide(string uri)
    {
        ArgumentNullException.ThrowIfNull(uri);
        var at = uri.LastIndexOf('@');
        var question = uri.IndexOf('?', StringComparison.Ordinal);
        if (at < 0 && question < 0)
        {
            return uri;
        }

        if (Uri.TryCreate(uri, UriKind.Absolute, out var parsed))
        {
            if (parsed.IsFile)
            {
                return uri;
            }

            // Only of these it is known where the password and the query are: .NET takes the query of others for a path.
            if (parsed.Host.Length > 0 && (parsed.Scheme == Uri.UriSchemeHttp || parsed.Scheme == Uri.UriSchemeHttps))
            {
                var shown = parsed.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
                return parsed.Query.Length > 0 ? $"{shown}?{Hidden}" : shown;
            }
        }

        // Nobody can say what of it is a password: what stands before the last @ is not shown, nor a query. Where the query
        // begins before the @, either may be a part of the other.
        return question >= 0 && question < at ? Hidden
            : (at < 0 ? "" : $"{Hidden}@") + (question < 0 ? uri[(at + 1)..] : $"{uri[(at + 1)..question]}?{Hidden}");
    }
}
