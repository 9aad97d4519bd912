using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Plenum.Agent.Images;
using Plenum.Protocol.Redaction;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Fetching;

/// <summary>
/// Brings a task's URIs into its sandbox before it starts: http, https, file and absolute paths, one after
/// the other as in Mesos, unpacked by suffix. Downloads marked for the cache are shared by all tasks.
/// </summary>
internal sealed partial class Fetcher : IAsyncDisposable
{
    private const UnixFileMode AllExecute =
        UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    private readonly FetcherOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly FetchCache _cache;
    private readonly SharedWork<CacheEntry> _downloads = new();
    private readonly CancellationTokenSource _stopping = new();

    private long _succeeded;
    private long _failed;

    public Fetcher(FetcherOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _time = time;
        _logger = loggers.CreateLogger<Fetcher>();
        _cache = new FetchCache(options.CacheDirectory, options.CacheBytes);
        // The stall timeout bounds a download, not its whole duration: a large file over a slow line is fine.
        _http = new HttpClient(new SocketsHttpHandler
        {
            MaxAutomaticRedirections = options.MaxRedirects,
            ConnectTimeout = options.StallTimeout,
            AutomaticDecompression = DecompressionMethods.None,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("plenum-fetcher");
    }

    /// <summary>Tasks whose URIs were all brought, and those of which one was not.</summary>
    public (long Succeeded, long Failed) Fetches => (Interlocked.Read(ref _succeeded), Interlocked.Read(ref _failed));

    /// <summary>Bytes the cache may take.</summary>
    public long CacheBytes => _options.CacheBytes;

    /// <summary>Bytes in the cache now.</summary>
    public long CachedBytes => _cache.Bytes;

    /// <param name="quota">Bytes of disk that the task asked for; null: it asked for none, and has no bound.</param>
    /// <exception cref="FetchException">The first URI that failed, and why; what came before it stays in the sandbox.</exception>
    public async Task FetchAsync(
        IReadOnlyList<CommandInfo.Types.URI> uris, string sandboxDirectory, string? user, long? quota, CancellationToken cancellationToken)
    {
        try
        {
            await FetchAllAsync(uris, new Place(sandboxDirectory, user, AllowanceFor(sandboxDirectory, quota)), cancellationToken);
            Interlocked.Increment(ref _succeeded);
        }
        catch (FetchException)
        {
            Interlocked.Increment(ref _failed);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _http.Dispose();
        _stopping.Dispose();
    }

    private DiskAllowance AllowanceFor(string directory, long? quota) =>
        new(directory, _options.EnforceDiskQuota && quota is { } bytes ? bytes : long.MaxValue, "which is the task's disk", _options.MinimumFreeBytes);

    private async Task FetchAllAsync(IReadOnlyList<CommandInfo.Types.URI> uris, Place place, CancellationToken cancellationToken)
    {
        foreach (var uri in uris)
        {
            var target = FetchTarget.From(uri);
            try
            {
                await FetchAsync(target, place, cancellationToken);
                Log.Fetched(_logger, UriSecrets.Hide(target.Uri));
            }
            catch (Exception failure) when (failure is IOException or HttpRequestException or UnauthorizedAccessException
                                                or InvalidDataException or TimeoutException or NotSupportedException)
            {
                throw new FetchException($"{UriSecrets.Hide(target.Uri)} cannot be fetched: {failure.Message}", failure);
            }
        }
    }

    private async Task FetchAsync(FetchTarget target, Place place, CancellationToken cancellationToken)
    {
        var sandbox = place.Sandbox;
        // Mesos' key: users do not see each other's downloads, which may need their own permissions. With the
        // checksum: who asks for another content under the same URI means that it has changed.
        using var entry = target.Cached
            ? await CachedAsync($"{place.User}\n{target.Uri}\n{target.Sha256}", target, place.User, cancellationToken)
            : null;
        if (entry is not null)
        {
            await using var cached = File.OpenRead(entry.Path);
            await PlaceAsync(target, cached, place, cancellationToken);
            return;
        }
        var local = LocalFile.PathOf(target.Uri);
        if (local is not null && target.Sha256 is null)
        {
            await using var file = LocalFile.Open(local, place.User);
            await PlaceAsync(target, file, place, cancellationToken);
            return;
        }
        // What was compared is what is unpacked: an archive of the machine, which somebody may change meanwhile, by a copy.
        var copied = local is not null && target.Archive != ArchiveKind.None;
        var name = copied ? $".fetch-{Guid.NewGuid():N}" : target.FileName;
        var path = Path.Join(sandbox, name);
        var complete = false;
        try
        {
            await using (var file = SandboxFile.Create(sandbox, name))
            {
                await BringAsync(target, place.User, file, place.Allowance, cancellationToken);
            }
            complete = !copied;
            if (target.Archive != ArchiveKind.None)
            {
                // A downloaded archive stays beside what was in it, as in Mesos.
                await using var archive = File.OpenRead(path);
                await ExtractAsync(target, archive, place, cancellationToken);
            }
            MarkExecutable(target, path);
        }
        finally
        {
            if (!complete)
            {
                File.Delete(path);
            }
        }
    }

    /// <summary>From a file of the machine or the cache: an archive is unpacked from where it is, without a copy.</summary>
    private async Task PlaceAsync(FetchTarget target, FileStream source, Place place, CancellationToken cancellationToken)
    {
        if (target.Archive != ArchiveKind.None)
        {
            await ExtractAsync(target, source, place, cancellationToken);
            return;
        }
        await using (var file = SandboxFile.Create(place.Sandbox, target.FileName))
        {
            await BoundedCopy.CopyAsync(source, file, _options.MaxFileBytes, place.Allowance, cancellationToken);
        }
        MarkExecutable(target, Path.Join(place.Sandbox, target.FileName));
    }

    private Task ExtractAsync(FetchTarget target, FileStream archive, Place place, CancellationToken cancellationToken)
    {
        var unpacked = target.FileName.EndsWith(".gz", StringComparison.Ordinal) ? target.FileName[..^3] : target.FileName;
        return ArchiveExtractor.ExtractAsync(
            target.Archive, archive, place.Sandbox, unpacked, _options.MaxFileBytes, place.Allowance, cancellationToken);
    }

    private static void MarkExecutable(FetchTarget target, string path)
    {
        if (target.Executable)
        {
            File.SetUnixFileMode(path, File.GetUnixFileMode(path) | AllExecute);
        }
    }

    /// <summary>Null: it is larger than the whole cache, and comes without it, as in Mesos.</summary>
    private async Task<CacheLease?> CachedAsync(string key, FetchTarget target, string? user, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_cache.TryUse(key) is { } present)
            {
                return present;
            }
            // A caller that gives up does not end the download for the others.
            var entry = await _downloads.JoinAsync(key, () => FillAsync(key, target, user)).WaitAsync(cancellationToken);
            if (_cache.TryUse(key) is { } filled)
            {
                return filled;
            }
            if (entry.Bytes > _options.CacheBytes)
            {
                Log.LargerThanCache(_logger, UriSecrets.Hide(target.Uri), entry.Bytes, _options.CacheBytes);
                return null;
            }
            // Evicted between the end of the download and its first use: once more.
        }
    }

    private async Task<CacheEntry> FillAsync(string key, FetchTarget target, string? user)
    {
        var path = _cache.NewFile();
        try
        {
            await using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, useAsync: true))
            {
                await BringAsync(target, user, file, AllowanceFor(_options.CacheDirectory, quota: null), _stopping.Token);
            }
            return _cache.Add(key, path);
        }
        catch (Exception)
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>The content into a file, compared with the checksum where there is one.</summary>
    private async Task BringAsync(
        FetchTarget target, string? user, FileStream file, DiskAllowance allowance, CancellationToken cancellationToken)
    {
        using var hash = target.Sha256 is null ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (LocalFile.PathOf(target.Uri) is { } local)
        {
            await using var input = LocalFile.Open(local, user);
            await BoundedCopy.CopyAsync(input, file, _options.MaxFileBytes, allowance, cancellationToken, hash: hash);
        }
        else
        {
            await DownloadAsync(target.Uri, file, hash, allowance, cancellationToken);
        }
        if (hash is not null && Convert.ToHexStringLower(hash.GetHashAndReset()) is var actual && actual != target.Sha256)
        {
            throw new InvalidDataException($"its SHA-256 is {actual}, but the task asks for {target.Sha256}");
        }
    }

    private async Task DownloadAsync(
        string uri, FileStream target, IncrementalHash? hash, DiskAllowance allowance, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(uri, UriKind.Absolute, out var address)
            || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            throw new NotSupportedException("only http, https, file and absolute paths can be fetched");
        }
        using var stall = new CancellationTokenSource(_options.StallTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellationToken);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            if (address.UserInfo.Length > 0)
            {
                request.Headers.Authorization = new(
                    "Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
            }
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new IOException($"the server answered {(int)response.StatusCode} {response.ReasonPhrase}");
            }
            if (response.Content.Headers.ContentLength > _options.MaxFileBytes)
            {
                throw new IOException($"it is larger than {_options.MaxFileBytes} bytes");
            }
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            await BoundedCopy.CopyAsync(
                body, target, _options.MaxFileBytes, allowance, either.Token, () => stall.CancelAfter(_options.StallTimeout), hash);
        }
        catch (OperationCanceledException cancellation) when (stall.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"no data came for {_options.StallTimeout.TotalSeconds:0.###} s", cancellation);
        }
    }

    /// <summary>Where a task's files go, with whose rights they are read and how much there may be.</summary>
    private sealed record Place(string Sandbox, string? User, DiskAllowance Allowance);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Fetched {Uri}")]
        public static partial void Fetched(ILogger logger, string uri);

        [LoggerMessage(2, LogLevel.Warning, "{Uri} has {Bytes} bytes, more than the whole cache ({CacheBytes}): it is fetched without the cache")]
        public static partial void LargerThanCache(ILogger logger, string uri, long bytes, long cacheBytes);
    }
}
