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
    private readonly TimeProvider _clock;
    private readonly ITimer _back;
    private uint _level;
    private long _until;
    private bool _disposed;

    public LogVerbosity(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        _clock = clock;
        _back = clock.CreateTimer(_ => GoBack(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
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

            var lasts = duration < TimeSpan.Zero ? TimeSpan.Zero : duration > Longest ? Longest : duration;
            _until = _clock.GetTimestamp() + (long)(lasts.TotalSeconds * _clock.TimestampFrequency);
            Volatile.Write(ref _level, level);
            _back.Change(level == 0 ? Timeout.InfiniteTimeSpan : lasts, Timeout.InfiniteTimeSpan);
        }
    }

    // Changing a timer does not take back a call that is on its way: only the clock says that this level's end has come.
    private void GoBack()
    {
        lock (_gate)
        {
            if (_disposed || _level == 0)
            {
                return;
            }

            var now = _clock.GetTimestamp();
            if (now >= _until)
            {
                Volatile.Write(ref _level, 0);
                return;
            }

            // Timers cut what they are given to whole milliseconds; less than one would call again at once.
            _back.Change(
                TimeSpan.FromMilliseconds(Math.Ceiling(_clock.GetElapsedTime(now, _until).TotalMilliseconds)), Timeout.InfiniteTimeSpan);
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
