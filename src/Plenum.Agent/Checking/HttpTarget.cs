using Plenum.Agent.Book;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Checking;

/// <summary>What an HTTP check asks for on the loopback address on which its task must listen (mesos.md 6.13).</summary>
internal readonly record struct HttpTarget(string Scheme, bool Ipv6, uint Port, string Path)
{
    /// <summary>Without TLS.</summary>
    public bool IsPlain => string.Equals(Scheme, Uri.UriSchemeHttp, StringComparison.OrdinalIgnoreCase);

    public string Address => $"{Scheme}://{HostOf(Ipv6)}:{Port}{(Path.StartsWith('/') ? "" : "/")}{Path}";

    /// <summary>Null for checks of other kinds.</summary>
    public static HttpTarget? Of(CheckRun run) => run switch
    {
        { Health: { Http: { } http, Type: HealthCheck.Types.Type.Http or HealthCheck.Types.Type.Unknown } } => new HttpTarget(
            http.HasScheme ? http.Scheme : Uri.UriSchemeHttp, http.Protocol == NetworkInfo.Types.Protocol.Ipv6, http.Port, http.Path),
        { Check: { Type: CheckInfo.Types.Type.Http } check } => new HttpTarget(Uri.UriSchemeHttp, Ipv6: false, check.Http.Port, check.Http.Path),
        _ => null,
    };

    public static string HostOf(bool ipv6) => ipv6 ? "[::1]" : "127.0.0.1";
}
