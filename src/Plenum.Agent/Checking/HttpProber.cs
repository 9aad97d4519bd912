using System.Diagnostics.CodeAnalysis;
using Plenum.Agent.Native;

namespace Plenum.Agent.Checking;

/// <summary>
/// One thread that asks all tasks. Hundreds of checks a second must leave the machine to its tasks: with a task of the
/// runtime for each, and a worker woken at each of its steps, they took half as much again as the kernel needs for their
/// connections. Questions of one moment share their turns of the loop.
/// </summary>
internal sealed class HttpProber : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Queue<HttpQuestion> _asked = new();
    private readonly List<HttpProbe> _probes = [];
    private readonly List<(HttpQuestion Question, ProbeEnd End)> _ended = [];
    private readonly OwnedFd _wake;
    private LibC.PollEntry[] _entries = new LibC.PollEntry[8];
    private Thread? _thread;
    private bool _asleep;
    private bool _stopped;

    public HttpProber(TimeProvider clock)
    {
        _clock = clock;
        _wake = new OwnedFd(LibC.EventCounter(0, LibC.OpenCloseOnExec | LibC.OpenNonBlocking));
        NativeException.ThrowIfFailed(_wake.IsInvalid ? -1 : 0, "create the prober");
    }

    /// <summary>Never waits. The caller bounds how many questions are open at once.</summary>
    public void Ask(HttpQuestion question)
    {
        lock (_gate)
        {
            if (!_stopped)
            {
                _asked.Enqueue(question);
                // An agent without such checks has no thread for them.
                if (_thread is null)
                {
                    _thread = new Thread(Loop, 256 * 1024) { IsBackground = true, Name = "prober" };
                    _thread.Start();
                }

                Wake();
                return;
            }
        }

        question.Done(ProbeEnd.Stopped);
    }

    /// <summary>Every question has its end when this returns. May not be called by one of those who are told.</summary>
    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            _stopped = true;
            thread = _thread;
            Wake();
        }

        thread?.Join();
        _wake.Dispose();
    }

    /// <summary>Within the gate. One that is awake looks for itself before it sleeps.</summary>
    private void Wake()
    {
        if (_asleep)
        {
            _asleep = false;
            Span<byte> one = stackalloc byte[sizeof(ulong)];
            BitConverter.TryWriteBytes(one, 1UL);
            LibC.Write(_wake.Number, one, sizeof(ulong));
        }
    }

    private void Loop()
    {
        var asked = new List<HttpQuestion>();
        while (Take(asked))
        {
            foreach (var question in asked)
            {
                var probe = new HttpProbe(question);
                if (!IsOver(probe, static (probe, clock) => probe.Begin(clock)))
                {
                    _probes.Add(probe);
                }
            }

            asked.Clear();
            Tell();
            if (Sleep())
            {
                Look();
            }
        }

        _probes.ForEach(probe => End(probe, ProbeEnd.Stopped));
        asked.ForEach(question => _ended.Add((question, ProbeEnd.Stopped)));
        Tell();
    }

    /// <summary>Together: one by one each would wake who hears it, who would sleep again before the next.</summary>
    private void Tell()
    {
        foreach (var (question, end) in _ended)
        {
            question.Done(end);
        }

        _ended.Clear();
    }

    /// <summary>False: it is over, and what was taken is to be told so.</summary>
    private bool Take(List<HttpQuestion> asked)
    {
        lock (_gate)
        {
            asked.AddRange(_asked);
            _asked.Clear();
            return !_stopped;
        }
    }

    /// <summary>Until a task has moved, time has passed or somebody asks. False: there was more to take first.</summary>
    private bool Sleep()
    {
        if (_entries.Length <= _probes.Count)
        {
            _entries = new LibC.PollEntry[2 * (_probes.Count + 1)];
        }

        _entries[0] = new LibC.PollEntry(_wake.Number, LibC.PollIn, 0);
        var (now, first) = (_clock.GetTimestamp(), long.MaxValue);
        for (var i = 0; i < _probes.Count; i++)
        {
            _entries[i + 1] = new LibC.PollEntry(_probes[i].Descriptor, _probes[i].Wanted, 0);
            first = Math.Min(first, _probes[i].Deadline);
        }

        lock (_gate)
        {
            if (_asked.Count > 0 || _stopped)
            {
                return false;
            }

            _asleep = true;
        }

        LibC.Poll(_entries, (nuint)(_probes.Count + 1), first == long.MaxValue ? -1 : Milliseconds(first - now));
        lock (_gate)
        {
            _asleep = false;
        }

        if (_entries[0].Returned != 0)
        {
            Span<byte> count = stackalloc byte[sizeof(ulong)];
            LibC.Read(_wake.Number, count, sizeof(ulong));
        }

        return true;
    }

    private void Look()
    {
        var now = _clock.GetTimestamp();
        var left = 0;
        for (var i = 0; i < _probes.Count; i++)
        {
            var probe = _probes[i];
            if (_entries[i + 1].Returned != 0 && IsOver(probe, static (probe, clock) => probe.Continue(clock)))
            {
                continue;
            }

            if (probe.Deadline <= now)
            {
                End(probe, probe.EndOfTime);
                continue;
            }

            _probes[left++] = probe;
        }

        _probes.RemoveRange(left, _probes.Count - left);
    }

    [SuppressMessage("Design", "CA1031", Justification = "The edge of one question: whatever broke is its answer, and the others go on.")]
    private bool IsOver(HttpProbe probe, Func<HttpProbe, TimeProvider, ProbeEnd?> step)
    {
        ProbeEnd? end;
        try
        {
            end = step(probe, _clock);
        }
        catch (Exception exception)
        {
            end = ProbeEnd.Failed(exception);
        }

        if (end is { } known)
        {
            End(probe, known);
        }

        return end is not null;
    }

    private void End(HttpProbe probe, ProbeEnd end)
    {
        probe.Close();
        _ended.Add((probe.Question, end));
    }

    /// <summary>Rounded up: one that wakes too early would turn for nothing until it is time.</summary>
    private int Milliseconds(long ticks) => ticks <= 0
        ? 0
        : (int)Math.Min(int.MaxValue, Math.Ceiling(ticks * 1000.0 / _clock.TimestampFrequency));
}
