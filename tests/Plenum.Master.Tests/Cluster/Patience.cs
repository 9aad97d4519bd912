namespace Plenum.Master.Tests.Cluster;

/// <summary>How long a test waits for an event before it says which one is missing.</summary>
internal static class Patience
{
    // Only a bound: a busy machine has been known to take half a minute for what takes milliseconds.
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public static async Task<T> For<T>(string what, Func<CancellationToken, Task<T>> wait)
    {
        using var limit = new CancellationTokenSource(Limit);
        try
        {
            return await wait(limit.Token);
        }
        catch (OperationCanceledException exception) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"Waited {Limit.TotalSeconds} s for {what}.", exception);
        }
    }

    public static Task For(string what, Func<CancellationToken, Task> wait) => For(what, async token =>
    {
        await wait(token);
        return true;
    });

    public static Task For(string what, Task task) => For(what, token => task.WaitAsync(token));
}
