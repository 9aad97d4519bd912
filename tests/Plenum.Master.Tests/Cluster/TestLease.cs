using Plenum.Storage;

namespace Plenum.Master.Tests.Cluster;

internal sealed class TestLease(string name, long term) : IStoreLease
{
    private readonly CancellationTokenSource _lost = new();

    public string Name => name;

    public long Term => term;

    public CancellationToken Lost => _lost.Token;

    /// <summary>Another master has it, and nobody has told its holder.</summary>
    public bool IsTaken { get; set; }

    public ValueTask<bool> ConfirmAsync(CancellationToken cancellationToken) => ValueTask.FromResult(!IsTaken);

    public void Lose() => _lost.Cancel();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
