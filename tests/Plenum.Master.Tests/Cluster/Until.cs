namespace Plenum.Master.Tests.Cluster;

/// <summary>For what has no event to wait for: asks again until it is so.</summary>
internal static class Until
{
    public static Task TrueAsync(string what, Func<Task<bool>> condition) => Patience.For(what, async token =>
    {
        while (!await condition())
        {
            token.ThrowIfCancellationRequested();
            await Task.Yield();
        }
    });
}
