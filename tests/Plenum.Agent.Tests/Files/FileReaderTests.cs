using Plenum.Agent.Book;
using Plenum.Agent.Containers.Logs;
using Plenum.Agent.Files;
using Plenum.Http.Files;
using Plenum.Protocol.Identity;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Files;

public sealed class FileReaderTests
{
    [Fact]
    public async Task A_read_beside_cuts_never_misses_the_end()
    {
        var work = Directory.CreateTempSubdirectory("plenum-reader-").FullName;
        var run = Path.Join(work, "slaves/a/frameworks/f/executors/e/runs/c");
        Directory.CreateDirectory(run);
        var path = Path.Join(run, "stdout");
        using var log = LogFile.Open(path).ShouldNotBeNull();
        var files = new AgentFiles(
            new SandboxFiles(work), new AttachedFiles(), AgentSnapshot.Empty with { Agent = new AgentId("a") }, work);
        using var stop = new CancellationTokenSource();
        var line = new byte[4096];
        line.AsSpan().Fill((byte)'x');
        line[^1] = (byte)'\n';
        var cutting = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                RandomAccess.Write(log.Handle, line, RandomAccess.GetLength(log.Handle));
                lock (LogCuts.Of(log.Handle))
                {
                    log.Rotate(256 * 1024, kept: 1);
                }
            }
        });

        for (var i = 0; i < 3000; i++)
        {
            var size = FileReader.Read(files, path, 0L, 0L).Size;
            var (_, now, data) = FileReader.Read(files, path, Math.Max(0, size - 100), 100L);
            // Either the end was cut away before the read, which its size says, or all that the size promises is there.
            data.Length.ShouldBe((int)Math.Clamp(now - Math.Max(0, size - 100), 0, 100), $"read {i}, size {size}, then {now}");
        }

        await stop.CancelAsync();
        await cutting;
        Directory.Delete(work, recursive: true);
    }
}
