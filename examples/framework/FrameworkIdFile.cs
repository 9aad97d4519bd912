using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Examples.Framework;

/// <summary>
/// The one thing a framework must not lose: with its id it gets its tasks back, without it it is a stranger and
/// the cluster ends them when the failover timeout is over.
/// </summary>
internal sealed class FrameworkIdFile(string directory)
{
    /// <summary>How long the cluster keeps our tasks while we are not there.</summary>
    private static readonly TimeSpan FailoverTimeout = TimeSpan.FromHours(1);

    private readonly string _path = Path.Combine(directory, "framework-id");

    public Call.Types.Subscribe Subscribe()
    {
        var info = new FrameworkInfo
        {
            Name = "keeper",
            User = "root",
            Roles = { "keeper" },
            Checkpoint = true,
            FailoverTimeout = FailoverTimeout.TotalSeconds,
            Capabilities =
            {
                new FrameworkInfo.Types.Capability { Type = FrameworkInfo.Types.Capability.Types.Type.MultiRole },
                new FrameworkInfo.Types.Capability { Type = FrameworkInfo.Types.Capability.Types.Type.PartitionAware },
                new FrameworkInfo.Types.Capability { Type = FrameworkInfo.Types.Capability.Types.Type.ReservationRefinement },
            },
        };
        if (File.Exists(_path))
        {
            info.Id = new FrameworkID { Value = File.ReadAllText(_path).Trim() };
        }

        return new Call.Types.Subscribe { FrameworkInfo = info };
    }

    /// <summary>Before the first task is launched: a task of a framework that forgot its id is an orphan.</summary>
    public void Keep(string id)
    {
        Directory.CreateDirectory(directory);
        var next = _path + ".next";
        File.WriteAllText(next, id);
        File.Move(next, _path, overwrite: true);
    }

    public void Forget() => File.Delete(_path);
}
