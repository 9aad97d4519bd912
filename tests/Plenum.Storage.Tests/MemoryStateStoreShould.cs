namespace Plenum.Storage.Tests;

public sealed class MemoryStateStoreShould : StateStoreContract
{
    protected override ValueTask<IStateStore> OpenAsync() => new(new MemoryStateStore());
}
