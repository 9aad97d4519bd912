using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Plenum.Agent.Fetching;
using Plenum.Agent.Sandboxes;
using Plenum.Protocol.V1;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Fetching;

/// <summary>A fetcher with a sandbox and a cache in a directory of its own.</summary>
internal sealed class FetchFixture : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Fetcher _fetcher;

    private FetchFixture(Func<FetcherOptions, FetcherOptions> adjust)
    {
        Directory.CreateDirectory(Sandbox);
        _fetcher = new Fetcher(adjust(new FetcherOptions { CacheDirectory = Cache }), TimeProvider.System, NullLoggerFactory.Instance);
    }

    public static FetchFixture Create(Func<FetcherOptions, FetcherOptions>? adjust = null) => new(adjust ?? (static options => options));

    public string Root { get; } = Directory.CreateTempSubdirectory("plenum-fetch-").FullName;

    public string Sandbox => In("sandbox");

    public string Cache => In("cache");

    public string In(string name) => Path.Join(Root, name);

    public string Read(string name) => File.ReadAllText(Path.Join(Sandbox, name));

    /// <summary>All that is in the sandbox, by name.</summary>
    public string[] Names() =>
        [.. Directory.EnumerateFileSystemEntries(Sandbox).Select(static entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];

    public Task FetchAsync(params CommandInfo.Types.URI[] uris) =>
        FetchAsync(null, null, uris);

    public Task FetchAsync(string? user, long? quota, params CommandInfo.Types.URI[] uris) =>
        _fetcher.FetchAsync(uris, Sandbox, user, quota, CancellationToken.None).WaitAsync(Patience);

    public async Task<string> RefusalAsync(string uri, bool cache = false) =>
        (await Should.ThrowAsync<FetchException>(() => FetchAsync(new CommandInfo.Types.URI { Value = uri, Cache = cache }))).Message;

    public static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync().WaitAsync(Patience);
        process.ExitCode.ShouldBe(0, $"{program} {string.Join(' ', arguments)}");
    }

    public async ValueTask DisposeAsync()
    {
        await _fetcher.DisposeAsync();
        TreeRemoval.Remove(Root);
    }
}
