using Google.Protobuf;
using Plenum.Agent.Book;
using Plenum.Protocol.V1;

namespace Plenum.Simulation.World;

// What a machine does for its agent: containers and volumes.
internal sealed partial class SimAgent
{
    // A process that ends before the disk is done hears nothing of it, and its successor asks again.
    private void ChangeVolumes(ByteString operation, IReadOnlyList<Resource> volumes, bool make)
    {
        var process = _process;
        var names = volumes.Select(static volume => volume.Disk.Persistence.Id).ToList();

        // One after the other, as the agent's shell does it.
        _diskDone = (_diskDone > world.Now ? _diskDone : world.Now)
            + (world.Fault(0.1) ? world.Between(1, 15) : world.Between(0.001, 0.2));
        world.At(_diskDone, string.Empty, () =>
        {
            if (process != _process)
            {
                return;
            }

            if (make && world.Fault(0.03))
            {
                FailedVolumes.UnionWith(names);
                Feed(new AgentCommand.VolumesChanged(operation, "the disk is full"));
                return;
            }

            foreach (var name in names)
            {
                Change(name, operation, make);
            }

            VolumeChanges++;
            Feed(new AgentCommand.VolumesChanged(operation, Problem: null));
        });
    }

    private bool IsMissing(Resource resource) =>
        resource.Disk?.Persistence is { } persistence && !_volumes.ContainsKey(persistence.Id);

    private void Change(string volume, ByteString operation, bool make)
    {
        if (!make)
        {
            _volumes.Remove(volume);
        }
        else if (!_volumes.TryAdd(volume, operation) && _volumes[volume] != operation)
        {
            throw new SimulationFailureException($"{Name} makes volume {volume} a second time");
        }
    }

    /// <summary>Dismissed: all it had is gone, and what starts there later is a new agent.</summary>
    private void Stop(string reason)
    {
        if (!cluster.Dismissed.Contains(Name))
        {
            throw new SimulationFailureException($"{Name} was told to stop: {reason}");
        }

        world.Note($"{Name} stops: {reason}");
        _book = null;
        _process++;
        _links.Clear();
        _disk.Clear();
        _unsynced.Clear();
        _containers.Clear();
        _volumes.Clear();
        _disks.Clear();
        world.After(world.Between(1, 20), string.Empty, Start);
    }

    private void Launch(ContainerLaunch launch)
    {
        if (!_containers.TryAdd(launch.Container, new SimContainer(launch)))
        {
            throw new SimulationFailureException($"{Name} launches container {launch.Container} twice");
        }

        // Volumes whose making was asked for before are there by then, or will never be.
        var container = _containers[launch.Container];
        var ready = _diskDone > world.Now ? _diskDone : world.Now;
        world.At(ready + world.Between(0.02, 0.4), string.Empty, () =>
        {
            if (container.State != SimContainerState.Starting || !_containers.ContainsKey(container.Id))
            {
                return;
            }

            MustHaveDisksOf(launch);
            if (launch.Resources.Any(IsMissing) || world.Fault(0.02))
            {
                _containers.Remove(container.Id);
                Feed(new AgentCommand.ContainerLaunchFailed(container.Id, "the image cannot be pulled"));
                return;
            }

            RunContainer(container);
            Feed(new AgentCommand.ContainerStarted(container.Id, 1, []));
        });
    }

    private void RunContainer(SimContainer container)
    {
        container.State = SimContainerState.Running;
        if (container.Launch.Kind is ContainerKind.Command or ContainerKind.PodTask && world.IsRough)
        {
            // Some end soon, some after the faults, some not at all.
            var life = world.Chance(0.5) ? world.Between(0.1, 60) : world.Between(60, 3000);
            world.After(life, string.Empty, () => End(container, world.Chance(0.7) ? 0 : 256));
        }
    }

    private void Signal(ContainerId id, int signal)
    {
        if (_containers.TryGetValue(id, out var container))
        {
            var stubborn = signal != Sigkill && world.Fault(0.2);
            if (!stubborn)
            {
                world.After(world.Between(0.001, 0.5), string.Empty, () => End(container, signal));
            }
        }
    }

    private void Destroy(ContainerId id)
    {
        if (!_containers.TryGetValue(id, out var container))
        {
            return;
        }

        world.After(world.Between(0.001, 0.2), string.Empty, () =>
        {
            if (container.State == SimContainerState.Starting)
            {
                _containers.Remove(id);
                Feed(new AgentCommand.ContainerLaunchFailed(id, "aborted"));
                return;
            }

            End(container, Sigkill);
            _containers.Remove(id);
        });
    }

    private void End(SimContainer container, int status)
    {
        if (container.State == SimContainerState.Running && _containers.ContainsKey(container.Id))
        {
            container.State = SimContainerState.Ended;
            container.End = new ContainerEnd(status);
            Feed(new AgentCommand.ContainerExited(container.Id, container.End));
        }
    }
}
