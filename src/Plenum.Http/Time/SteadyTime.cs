using Microsoft.Extensions.Logging;

namespace Plenum.Http.Time;

/// <summary>
/// Time that passes as the machine's monotonic clock says, and follows its wall clock slowly. The cores compare every
/// deadline with the time that their shell gives them: a wall clock that an administrator or NTP sets by hours would
/// make all of them due at once (every agent unreachable, every kill forced), or none for hours. Here a deadline is off
/// by one part in twenty at most while the difference is made up, and time never runs backwards.
/// </summary>
public sealed partial class SteadyTime : TimeProvider
{
    /// <summary>
    /// How much faster or slower than real time this clock may run to catch up. A step of a minute is gone after twenty
    /// minutes, and a ping timeout of 75 s is at most four seconds off meanwhile.
    /// </summary>
    public const double CatchUp = 1.0 / 20;

    /// <summary>Smaller differences are NTP at its work, and are followed without a word.</summary>
    public static readonly TimeSpan NotableStep = TimeSpan.FromSeconds(1);

    /// <summary>
    /// A wall clock that is further away was set, and is not to be caught up with before its hours are over: what others are
    /// told bears its time at once.
    /// </summary>
    public static readonly TimeSpan FarApart = TimeSpan.FromMinutes(5);

    private readonly TimeProvider _machine;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private long _at;
    private DateTimeOffset _now;
    private bool _isBehind;
    private TimeSpan _apart;
    private bool _isFar;

    public SteadyTime(TimeProvider machine, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(machine);
        _machine = machine;
        _logger = logger;
        _at = machine.GetTimestamp();
        _now = machine.GetUtcNow();
    }

    public override TimeZoneInfo LocalTimeZone => _machine.LocalTimeZone;

    public override long TimestampFrequency => _machine.TimestampFrequency;

    /// <summary>By how much the machine's wall clock was ahead when the time was last asked for; nothing unless they are far apart.</summary>
    public TimeSpan WallClockAhead
    {
        get
        {
            lock (_gate)
            {
                return _isFar ? _apart : TimeSpan.Zero;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            var at = _machine.GetTimestamp();
            var passed = _machine.GetElapsedTime(_at, at);
            _at = at;
            _now += passed;
            var apart = _machine.GetUtcNow() - _now;
            Tell(apart);
            var most = passed * CatchUp;
            _now += apart > most ? most : apart < -most ? -most : apart;
            _apart = _machine.GetUtcNow() - _now;
            // Until it is made up: reported times that changed from one clock to the other at the border would jump.
            _isFar = _apart.Duration() > (_isFar ? NotableStep : FarApart);
            return _now;
        }
    }

    public override long GetTimestamp() => _machine.GetTimestamp();

    // Those of the machine count by its monotonic clock too.
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _machine.CreateTimer(callback, state, dueTime, period);

    private void Tell(TimeSpan apart)
    {
        var isBehind = apart.Duration() > NotableStep;
        if (isBehind && !_isBehind)
        {
            Log.Stepped(_logger, apart, apart.Duration() / CatchUp);
        }

        _isBehind = isBehind;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning,
            "The machine's clock was set by {Step}: timeouts keep their length, and agree with it again within {Within}; times that are reported do so at once when it is more than five minutes, else within that time; a restart takes the clock as it is")]
        public static partial void Stepped(ILogger logger, TimeSpan step, TimeSpan within);
    }
}
