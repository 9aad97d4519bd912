using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Snapshots;

namespace Plenum.Kernel;

/// <summary>
/// The deterministic core of the master: commands and the time come in, effects go out. One caller at a
/// time; snapshots may be read by anybody.
/// </summary>
public sealed class ClusterKernel
{
    private readonly KernelOptions _options;

    public ClusterKernel(KernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
    }

    /// <summary>
    /// When the next <see cref="KernelCommand.Tick"/> is due; at or before the last command's time when
    /// work waits for the end of the current batch. Null when nothing will ever be due.
    /// </summary>
    public DateTimeOffset? NextDeadline { get; }

    /// <summary>Once, before the first command: takes in what earlier masters wrote.</summary>
    public void Restore(IEnumerable<KeyValuePair<string, byte[]>> registry, DateTimeOffset now) =>
        throw new NotSupportedException();

    /// <summary>
    /// Changes the book and appends what is to be done. Messages inside the command belong to the
    /// kernel from here on.
    /// </summary>
    public void Apply(KernelCommand command, DateTimeOffset now, List<KernelEffect> effects) =>
        throw new NotSupportedException(_options.Seed.ToString());

    /// <summary>Cheap, and the same object until something changes. Call it where commands are applied.</summary>
    public ClusterSnapshot Snapshot() => throw new NotSupportedException();
}
