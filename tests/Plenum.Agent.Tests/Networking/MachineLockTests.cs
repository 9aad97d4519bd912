using Plenum.Agent.Networking;
using Plenum.Agent.Tests.Server;

namespace Plenum.Agent.Tests.Networking;

public sealed class MachineLockTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("plenum-lock-").FullName;

    private string LockFile => Path.Join(_directory, "lock");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task Who_wants_it_alone_goes_before_those_who_come_later_and_would_share_it()
    {
        var machine = new MachineLock(LockFile, Patience.Limit, TimeProvider.System);
        var first = await machine.TakeSharedAsync(CancellationToken.None);
        (await machine.TakeSharedAsync(CancellationToken.None)).Dispose();

        var alone = machine.TakeAloneAsync(CancellationToken.None);
        await HeldAsync($"{LockFile}.door");
        var second = machine.TakeSharedAsync(CancellationToken.None);
        alone.IsCompleted.ShouldBeFalse();
        first.Dispose();

        var own = await alone.WaitAsync(Patience.Limit);
        second.IsCompleted.ShouldBeFalse();
        own.Dispose();
        (await second.WaitAsync(Patience.Limit)).Dispose();
    }

    [Fact]
    public async Task Who_waits_for_too_long_is_told_whom_to_look_for()
    {
        using var held = await new MachineLock(LockFile, Patience.Limit, TimeProvider.System).TakeAloneAsync(CancellationToken.None);
        var hurried = new MachineLock(LockFile, TimeSpan.Zero, TimeProvider.System);

        var refused = await Should.ThrowAsync<NetworkException>(() => hurried.TakeSharedAsync(CancellationToken.None));

        refused.Message.ShouldContain($"fuser -v {LockFile}");
    }

    [Fact]
    public async Task A_tool_that_hangs_is_ended_and_named()
    {
        var late = await Should.ThrowAsync<NetworkException>(
            () => NetworkTool.RunAsync("sleep", ["1000"], TimeSpan.FromMilliseconds(1), CancellationToken.None));

        late.Message.ShouldContain("sleep 1000 did not end");
    }

    // Open by itself alone: whoever locks it is in the way.
    private static async Task HeldAsync(string file)
    {
        var waited = Patience.Token();
        while (true)
        {
            try
            {
                using var probe = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException)
            {
                return;
            }

            waited.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    }
}
