using Plenum.Http.Diagnostics;

namespace Plenum.Server.Hosting;

/// <summary>The log of this process: its loggers, how much they say, and the file it goes to.</summary>
internal sealed class ProcessLog : IDisposable
{
    private const string StandardOutput = "/proc/self/fd/1";

    public ProcessLog()
    {
        Verbosity = new LogVerbosity(TimeProvider.System);
        Loggers = LoggerFactory.Create(builder => builder
            .SetMinimumLevel(LogLevel.Trace)
            .AddFilter((_, level) => level >= Verbosity.Minimum)
            .AddFilter("Microsoft.AspNetCore", LogLevel.Warning)
            // It says with a page of stack what the runner says in a sentence: why a server did not start.
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
            }));
    }

    public ILoggerFactory Loggers { get; }

    /// <summary>Operators change it over the API (SET_LOGGING_LEVEL, /logging/toggle).</summary>
    public LogVerbosity Verbosity { get; }

    /// <summary>Where the supervisor, or whoever started this process, sent its output; null when that is no plain file.</summary>
    public string? File { get; } =
        new FileInfo(StandardOutput).LinkTarget is { } target && Path.IsPathRooted(target) && System.IO.File.Exists(target)
            && !target.StartsWith("/dev/", StringComparison.Ordinal)
            ? target
            : null;

    public void Dispose()
    {
        Loggers.Dispose();
        Verbosity.Dispose();
    }
}
