namespace Plenum.Cli.Clients;

/// <summary>The one HTTP client of a run.</summary>
internal static class ClusterHttp
{
    // A cluster that lives accepts a connection at once, even when it is busy.
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    // The state of 10,000 tasks is about 25 MB.
    private const long MaximumAnswer = 256L * 1024 * 1024;

    public static HttpClient Create() => Create(Handler());

    public static HttpClient Create(SocketsHttpHandler handler) => new(handler)
    {
        MaxResponseContentBufferSize = MaximumAnswer,
        // Streams live long; each plain request has its own limit in ApiClient.
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public static SocketsHttpHandler Handler() => new()
    {
        ConnectTimeout = ConnectTimeout,
        AutomaticDecompression = System.Net.DecompressionMethods.GZip,
        // The cluster is on loopback; a proxy of the shell's environment cannot know it.
        UseProxy = false,
    };
}
