using Plenum.Agent.Files;
using Plenum.Agent.Tests.Server;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Files;

public sealed class LogWatchTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("plenum-watch-");
    private readonly LogWatch _watch = new();

    public void Dispose()
    {
        _watch.Dispose();
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task Everybody_who_listens_to_a_log_is_woken_by_a_write_into_it_and_nobody_else()
    {
        using var log = Create("log");
        using var other = Create("other");
        using var first = _watch.Listen(log)!;
        using var second = _watch.Listen(log)!;
        using var elsewhere = _watch.Listen(other)!;

        await File.AppendAllTextAsync(Path.Join(_directory.FullName, "log"), "line\n");

        await Task.WhenAll(first.Changed, second.Changed).WaitAsync(Patience.Limit);
        elsewhere.Changed.IsCompleted.ShouldBeFalse();
        await File.AppendAllTextAsync(Path.Join(_directory.FullName, "other"), "line\n");
        await elsewhere.Changed.WaitAsync(Patience.Limit);
    }

    [Fact]
    public async Task Who_leaves_takes_no_other_along_and_the_last_takes_the_watch()
    {
        using var log = Create("log");
        var first = _watch.Listen(log)!;
        var second = _watch.Listen(log)!;
        _watch.Watched.ShouldBe(1);
        first.Dispose();
        first.Dispose();

        await File.AppendAllTextAsync(Path.Join(_directory.FullName, "log"), "line\n");

        await second.Changed.WaitAsync(Patience.Limit);
        second.Dispose();
        _watch.Watched.ShouldBe(0);
        using var again = _watch.Listen(log)!;
        await File.AppendAllTextAsync(Path.Join(_directory.FullName, "log"), "line\n");
        await again.Changed.WaitAsync(Patience.Limit);
    }

    [Fact]
    public void Nobody_listens_after_the_end()
    {
        using var log = Create("log");
        using var late = _watch.Listen(log)!;
        _watch.Dispose();
        _watch.Listen(log).ShouldBeNull();
    }

    private Microsoft.Win32.SafeHandles.SafeFileHandle Create(string name) =>
        File.OpenHandle(Path.Join(_directory.FullName, name), FileMode.Create, FileAccess.Read | FileAccess.Write, FileShare.ReadWrite);
}
