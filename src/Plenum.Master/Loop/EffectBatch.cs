using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;

namespace Plenum.Master.Loop;

/// <summary>What one round of the kernel produced, on its way through the store to the outside.</summary>
internal sealed class EffectBatch
{
    public List<KernelEffect> Effects { get; } = [];

    /// <summary>Readers of the state as it stands after this round; run once it is durable.</summary>
    public List<Action<ClusterSnapshot>> Readers { get; } = [];

    public ClusterSnapshot? Snapshot { get; set; }

    public bool IsEmpty => Effects.Count == 0 && Readers.Count == 0;

    public void Clear()
    {
        Effects.Clear();
        Readers.Clear();
        Snapshot = null;
    }
}
