using Microsoft.Extensions.Logging;
using Plenum.Kernel.Commands;
using Plenum.Master.Loop;

namespace Plenum.Master.Whitelist;

/// <summary>
/// A file with the hostnames of the agents that may be offered, one a line; what follows a <c>#</c> is for
/// people. Read again and again, so that an operator changes it with an editor. While it cannot be read the
/// newest list that could be read stays in force.
/// </summary>
internal sealed partial class WhitelistFile : IAsyncDisposable
{
    /// <summary>As often as Mesos looks at it.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>A name for each of 20,000 agents, the bound of links, is less than half of it.</summary>
    private const int MaxBytes = 4 * 1024 * 1024;

    private readonly KernelLoop _loop;
    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private HashSet<string> _newest;
    private Task _watching = Task.CompletedTask;

    private WhitelistFile(string path, HashSet<string> hostnames, KernelLoop loop, TimeProvider clock, ILogger logger)
    {
        _path = path;
        _newest = hostnames;
        _loop = loop;
        _clock = clock;
        _logger = logger;
    }

    /// <summary>The list is in force for every command that is queued after this.</summary>
    /// <exception cref="ArgumentException">The file cannot be read: a master that offered every agent would be a surprise.</exception>
    public static async Task<WhitelistFile> WatchAsync(
        string path, KernelLoop loop, TimeProvider clock, ILogger logger, CancellationToken cancellationToken)
    {
        HashSet<string> hostnames;
        try
        {
            hostnames = await ReadAsync(path, cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"The whitelist of agents cannot be read: {exception.Message}", nameof(path), exception);
        }

        var watch = new WhitelistFile(path, hostnames, loop, clock, logger);
        Log.Read(logger, path, hostnames.Count);
        await loop.SubmitAsync(new KernelCommand.UseWhitelist(hostnames), cancellationToken);
        watch._watching = watch.RunAsync();
        return watch;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching;
        _stopping.Dispose();
    }

    private static async Task<HashSet<string>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
        {
            throw new IOException($"{path} is larger than {MaxBytes} bytes");
        }

        var hostnames = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
        {
            var end = line.IndexOf('#', StringComparison.Ordinal);
            var hostname = (end < 0 ? line : line[..end]).Trim();
            if (hostname.Length > 0)
            {
                hostnames.Add(hostname);
            }
        }

        return hostnames;
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        var isReadable = true;
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                try
                {
                    await LookAsync();
                    isReadable = true;
                }
                catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
                {
                    if (isReadable)
                    {
                        Log.Unreadable(_logger, exception, _path);
                    }

                    isReadable = false;
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.Stopped(_logger, _path);
        }
        catch (MasterStoppedException)
        {
            Log.Stopped(_logger, _path);
        }
    }

    private async Task LookAsync()
    {
        var hostnames = await ReadAsync(_path, _stopping.Token);
        if (hostnames.SetEquals(_newest))
        {
            return;
        }

        await _loop.SubmitAsync(new KernelCommand.UseWhitelist(hostnames), _stopping.Token);
        _newest = hostnames;
        Log.Read(_logger, _path, hostnames.Count);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Only the {Count} agents that {Path} names are offered")]
        public static partial void Read(ILogger logger, string path, int count);

        [LoggerMessage(2, LogLevel.Error, "The whitelist {Path} cannot be read; the agents it last named stay the only ones that are offered")]
        public static partial void Unreadable(ILogger logger, Exception exception, string path);

        [LoggerMessage(3, LogLevel.Debug, "{Path} is no longer watched: the master stops")]
        public static partial void Stopped(ILogger logger, string path);
    }
}
