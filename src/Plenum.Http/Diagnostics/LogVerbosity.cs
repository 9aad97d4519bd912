using Microsoft.Extensions.Logging;

namespace Plenum.Http.Diagnostics;

/// <summary>
/// How much this process logs: Mesos' verbosity, where 0 is the usual, 1 adds what helps to find a fault and 2 adds
/// everything. A change always has an end, after which the usual is back. One for a process: what logs is shared by
/// its roles.
/// </summary>
public sealed class LogVerbosity : IDisposable
{
    /// <summary>The timer's own limit is 49 days; nobody wants a month of everything.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(30);

    private readonly Lock _gate = new();
    private readonly ITimer _back;
    private uint _level;
    private bool _disposed;

    public LogVerbosity(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _back = clock.CreateTimer(_ => Volatile.Write(ref _level, 0), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public uint Level => Volatile.Read(ref _level);

    /// <summary>For the filter of the process's loggers, which asks for each message.</summary>
    public LogLevel Minimum => Level switch
    {
        0 => LogLevel.Information,
        1 => LogLevel.Debug,
        _ => LogLevel.Trace,
    };

    /// <summary>Another level for a while; a change before the end of this one takes its place, with its own end.</summary>
    public void Set(uint level, TimeSpan duration)
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            Volatile.Write(ref _level, level);
            _back.Change(
                level == 0 ? Timeout.InfiniteTimeSpan
                    : duration < TimeSpan.Zero ? TimeSpan.Zero : duration > Longest ? Longest : duration,
                Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _back.Dispose();
        }
    }
}
