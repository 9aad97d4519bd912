namespace Plenum.Marathon.Health;

internal enum ProbeScheme
{
    Http,
    Https,
    Tcp,
}

/// <summary>One probe. <paramref name="Path"/> is for HTTP; redirects are not followed and certificates not verified.</summary>
internal sealed record ProbeRequest(
    ProbeId Id,
    ProbeScheme Scheme,
    string Host,
    int Port,
    string Path,
    TimeSpan Timeout,
    bool KeepBody);
