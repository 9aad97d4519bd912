using Plenum.Agent.Book;
using Plenum.Agent.Sandboxes;
using Plenum.Agent.Volumes;
using Plenum.Protocol.V1;

namespace Plenum.Agent.Limits;

/// <summary>
/// Who may use how much disk where, as Mesos' disk/du has it: the disk of a container and of what is in it is the quota of its
/// sandbox, a persistent volume's size is its own. Without disk there is no quota and nothing is measured; a volume that is a
/// disk of its own has its limit from that.
/// </summary>
internal static class DiskTargets
{
    private const string Disk = "disk";

    public static IEnumerable<DiskTarget> Of(AgentSnapshot snapshot, SandboxLayout sandboxes, string workDirectory) => snapshot.Executors
        .Where(static pair => pair.Executor.State != ExecutorState.Terminated)
        .SelectMany(pair => Of(pair.Executor, sandboxes, workDirectory));

    /// <summary>Bytes that a sandbox may take by these resources; null: there is no disk among them, and no quota.</summary>
    public static long? SandboxBytes(IEnumerable<Resource> resources)
    {
        var disks = resources.Where(static resource => resource is { Name: Disk, Scalar: not null } && IsOfSandbox(resource)).ToArray();
        return disks.Length > 0 ? DiskTarget.BytesOf(disks) : null;
    }

    private static bool IsOfSandbox(Resource disk) => disk.Disk is null or { Persistence: null, Source: null };

    private static IEnumerable<DiskTarget> Of(ExecutorSnapshot executor, SandboxLayout sandboxes, string workDirectory)
    {
        var disks = executor.Info.Resources
            .Concat(executor.Tasks.Where(static task => !task.Terminated).SelectMany(static task => task.Info.Resources))
            .Where(static resource => resource is { Name: Disk, Scalar: not null })
            .ToArray();
        var own = disks.Where(IsOfSandbox).ToArray();
        if (own.Length > 0)
        {
            var sandbox = sandboxes.PathOf(executor.Sandbox);
            yield return new DiskTarget(executor.Container, sandbox, own, executor.Kind == ContainerKind.Pod ? Ended(executor, sandbox) : []);
        }

        foreach (var volume in disks.Where(static disk => disk.Disk?.Persistence is not null && !VolumePlace.IsBlock(disk)))
        {
            if (VolumePlace.Of(workDirectory, volume) is { IsWholeDisk: false } place)
            {
                yield return new DiskTarget(executor.Container, place.Path, [volume], []);
            }
        }
    }

    // Their share of the quota went with them, while their files stay for those who read logs.
    private static IReadOnlyList<string> Ended(ExecutorSnapshot pod, string sandbox) =>
    [
        .. pod.CompletedTasks.Concat(pod.Tasks.Where(static task => task.Terminated))
            .Where(static task => task.Container is not null)
            .Select(task => Path.Combine(sandbox, "containers", task.Container!.Value.Value)),
    ];
}
