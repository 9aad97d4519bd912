using System.Text;
using Plenum.Agent.Book;
using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Files;
using Plenum.Http.Files;
using Plenum.Protocol.Identity;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Files;

public sealed class LogReaderTests : IDisposable
{
    private const int LineBytes = 32;

    // Real disk: tmpfs cannot cut a file from its front.
    private readonly string _work = Directory.CreateDirectory(Path.Join("/var/tmp", $"plenum-reader-{Guid.NewGuid():N}")).FullName;
    private readonly LogFile _log;
    private readonly LogLines _lines;

    public LogReaderTests()
    {
        var run = Path.Join(_work, "slaves/a/frameworks/f/executors/e/runs/c");
        Directory.CreateDirectory(run);
        var path = Path.Join(run, "stdout");
        _log = LogFile.Open(path).ShouldNotBeNull();
        var files = new AgentFiles(
            new SandboxFiles(_work), new AttachedFiles(), AgentSnapshot.Empty with { Agent = new AgentId("a") }, _work);
        _lines = new LogLines(new LogReader(_ => ValueTask.FromResult<IFileTree>(files), path));
    }

    public void Dispose()
    {
        _log.Dispose();
        Directory.Delete(_work, recursive: true);
    }

    [Fact]
    public async Task A_position_means_the_same_byte_before_and_after_cuts_and_what_is_kept_is_the_beginning_and_the_end()
    {
        const int Head = 100;
        var all = new StringBuilder();
        for (var i = 0; i < 600; i++)
        {
            var text = string.Concat(Enumerable.Range(0, 100).Select(line => $"line {line} of block {i}\n"));
            all.Append(text);
            Append(text);
            _log.Rotate(new LogLimits(128 * 1024, Kept: 2, HeadBytes: Head), DateTimeOffset.UnixEpoch);
        }

        Append("the last, without an end");
        all.Append("the last, without an end");
        var written = all.ToString();
        var lines = await AllAsync(0);

        foreach (var (cursor, text) in lines)
        {
            var expected = Encoding.UTF8.GetString(text.Span);
            var ended = written[(int)cursor - 1] == '\n' ? 1 : 0;
            written[((int)cursor - ended - expected.Length)..((int)cursor - ended)].ShouldBe(expected);
        }

        lines[0].Cursor.ShouldBe(written.IndexOf('\n', StringComparison.Ordinal) + 1);
        lines.Where(static line => line.Cursor <= Head).Sum(static line => line.Text.Length + 1).ShouldBeInRange(Head - 1, Head + 1);
        lines[^1].Cursor.ShouldBe(written.Length);

        // Between the two there is one gap, and no other.
        var gaps = lines.Zip(lines.Skip(1)).Count(static pair => pair.Second.Cursor - pair.Second.Text.Length - 1 > pair.First.Cursor);
        gaps.ShouldBe(1);
        var back = await _lines.BackAsync(written.Length, 3, CancellationToken.None);
        written[(int)back..].ShouldBe("line 98 of block 599\nline 99 of block 599\nthe last, without an end");
        (await AllAsync(back)).Count.ShouldBe(3);
        (await _lines.BackAsync(10, 5, CancellationToken.None)).ShouldBe(0);
    }

    [Fact]
    public async Task Whoever_follows_beside_cuts_sees_every_line_as_what_it_is()
    {
        using var stop = new CancellationTokenSource();
        var limits = new LogLimits(128 * 1024, Kept: 2, HeadBytes: 1024);
        var writing = Task.Run(() =>
        {
            var text = new StringBuilder();
            for (var number = 0L; !stop.IsCancellationRequested;)
            {
                text.Clear();
                for (var i = 0; i < 500; i++, number++)
                {
                    text.Append($"{number}".PadLeft(LineBytes - 1)).Append('\n');
                }

                Append(text.ToString());
                lock (LogCuts.Of(_log.Handle))
                {
                    _log.Rotate(limits, DateTimeOffset.UnixEpoch);
                }
            }
        });

        var position = 0L;
        var seen = 0;
        while (seen < 20_000 && !writing.IsFaulted)
        {
            var (found, next) = (await _lines.NextAsync(position, unended: false, CancellationToken.None)).ShouldNotBeNull();
            next.ShouldBeGreaterThanOrEqualTo(position);
            foreach (var (cursor, text) in found)
            {
                // Beside a gap a line may have lost its front or its end; what is there stands where it belongs.
                var line = (cursor - 1) / LineBytes;
                var whole = $"{line}".PadLeft(LineBytes - 1) + "\n";
                var end = (int)(cursor - (line * LineBytes));
                (Encoding.ASCII.GetString(text.Span) + (end == LineBytes ? "\n" : "")).ShouldBe(whole[Math.Max(0, end - text.Length - (end == LineBytes ? 1 : 0))..end]);
                seen++;
            }

            position = next;
        }

        await stop.CancelAsync();
        await writing;
    }

    [Fact]
    public async Task An_emptied_file_is_read_from_its_front_and_not_waited_for()
    {
        Append(string.Concat(Enumerable.Repeat("before\n", 100)));
        var (_, end) = (await _lines.NextAsync(0, unended: false, CancellationToken.None)).ShouldNotBeNull();
        RandomAccess.SetLength(_log.Handle, 0);
        Append("after\n");

        var (found, _) = (await _lines.NextAsync(end, unended: false, CancellationToken.None)).ShouldNotBeNull();

        Encoding.UTF8.GetString(found.ShouldHaveSingleItem().Text.Span).ShouldBe("after");
    }

    [Fact]
    public void A_cut_that_an_agent_did_not_live_to_note_counts_when_it_was_made()
    {
        Append(new string('x', 200_000));
        new LogMark(1000, Cutting: 131_072, Length: 200_000).Put(_log.Handle).ShouldBeTrue();
        LogMark.Of(_log.Handle).Start.ShouldBe(1000);

        RandomAccess.SetLength(_log.Handle, 200_000 - 131_072);
        LogMark.Of(_log.Handle).Start.ShouldBe(1000 + 131_072);
    }

    [Fact]
    public void An_old_front_is_set_aside_however_small_the_file_is()
    {
        var limits = new LogLimits(1024 * 1024, Kept: 2, HeadBytes: 10, Age: TimeSpan.FromHours(1));
        var begin = DateTimeOffset.UnixEpoch.AddDays(1);
        Append(new string('x', 100_000));

        _log.Rotate(limits, begin).ShouldBeFalse();
        _log.Rotate(limits, begin.AddMinutes(59)).ShouldBeFalse();
        _log.Rotate(limits, begin.AddMinutes(60)).ShouldBeTrue();
        new FileInfo(_log.Path + ".1").Length.ShouldBe(65_536);
        Append(new string('x', 100_000));
        _log.Rotate(limits, begin.AddMinutes(119)).ShouldBeFalse();
        _log.Rotate(limits, begin.AddMinutes(120)).ShouldBeTrue();
    }

    private void Append(string text) =>
        RandomAccess.Write(_log.Handle, Encoding.ASCII.GetBytes(text), RandomAccess.GetLength(_log.Handle));

    private async Task<List<LogLine>> AllAsync(long position)
    {
        var lines = new List<LogLine>();
        while ((await _lines.NextAsync(position, unended: true, CancellationToken.None)).ShouldNotBeNull() is var (found, next) && next != position)
        {
            lines.AddRange(found);
            position = next;
        }

        return lines;
    }
}
