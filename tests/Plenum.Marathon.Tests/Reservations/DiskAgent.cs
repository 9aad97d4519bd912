using Plenum.Marathon.Tests.Core;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Marathon.Tests.Reservations;

/// <summary>
/// One agent as the master keeps its books: carries out the operations of an ACCEPT on what it has, and offers what
/// no task uses.
/// </summary>
internal sealed class DiskAgent(CoreHarness cluster, string name = "agent-1", double disk = 10_000)
{
    private readonly Dictionary<string, List<Resource>> _used = [];
    private double _cpus = 4;
    private double _mem = 4096;
    private double _disk = disk;

    public string Name => name;

    /// <summary>Reserved resources that no task uses, volumes among them.</summary>
    public List<Resource> Reserved { get; } = [];

    /// <summary>Every volume that exists, and how often it was made.</summary>
    public Dictionary<string, int> Volumes { get; } = [];

    public List<string> Destroyed { get; } = [];

    /// <summary>Volumes that a task had, which may hold data therefore, by the instance they are labelled with.</summary>
    public Dictionary<string, string> WithData { get; } = [];

    public IReadOnlyCollection<string> Running => _used.Keys;

    /// <summary>What is reserved for nobody and used by none.</summary>
    public double FreeCpus => _cpus;

    public Offer Offer()
    {
        return cluster.Offer(name, change: offer =>
        {
            offer.AllocationInfo.Role = "marathon";
            offer.Resources.Clear();
            offer.Resources.AddRange(
            [
                CoreHarness.Scalar("cpus", _cpus), CoreHarness.Scalar("mem", _mem), CoreHarness.Scalar("disk", _disk),
                .. Reserved.Select(resource => resource.Clone()),
            ]);
        });
    }

    /// <summary>Answers an offer's ACCEPT; gives the tasks that were launched.</summary>
    public List<TaskInfo> Carry(Call.Types.Accept accept)
    {
        var launched = new List<TaskInfo>();
        foreach (var operation in accept.Operations)
        {
            switch (operation.Type)
            {
                case Operation.Types.Type.Reserve:
                    foreach (var resource in operation.Reserve.Resources)
                    {
                        resource.Role.ShouldBe("marathon");
                        Change(resource, -1);
                        Add(resource.Clone());
                    }

                    break;
                case Operation.Types.Type.Create:
                    foreach (var volume in operation.Create.Volumes)
                    {
                        var plain = volume.Clone();
                        plain.Disk = null;
                        Take(plain);
                        Reserved.Add(volume.Clone());
                        Volumes.TryAdd(volume.Disk.Persistence.Id, 1).ShouldBeTrue("a volume was made twice");
                    }

                    break;
                case Operation.Types.Type.Destroy:
                    foreach (var volume in operation.Destroy.Volumes)
                    {
                        Reserved.Remove(volume).ShouldBeTrue("a volume was destroyed that is in use or not there");
                        Volumes.Remove(volume.Disk.Persistence.Id);
                        Destroyed.Add(volume.Disk.Persistence.Id);
                        var plain = volume.Clone();
                        plain.Disk = null;
                        Add(plain);
                    }

                    break;
                case Operation.Types.Type.Unreserve:
                    foreach (var resource in operation.Unreserve.Resources)
                    {
                        Take(resource);
                        Change(resource, 1);
                    }

                    break;
                case Operation.Types.Type.Launch:
                    foreach (var task in operation.Launch.TaskInfos)
                    {
                        foreach (var resource in task.Resources)
                        {
                            if (resource.Reservation is { } reservation)
                            {
                                Take(resource);
                                if (resource.Disk?.Persistence is { } persistence)
                                {
                                    WithData[persistence.Id] = reservation.Labels.Labels_[1].Value;
                                }
                            }
                            else
                            {
                                Change(resource, -1);
                            }
                        }

                        _used.Add(task.TaskId.Value, [.. task.Resources.Select(resource => resource.Clone())]);
                        launched.Add(task);
                    }

                    break;
            }
        }

        return launched;
    }

    public void Ended(string task)
    {
        if (_used.Remove(task, out var resources))
        {
            foreach (var resource in resources)
            {
                if (resource.Reservation is not null)
                {
                    Add(resource);
                }
                else
                {
                    Change(resource, 1);
                }
            }
        }
    }

    /// <summary>Offers, and carries out what is accepted.</summary>
    public List<TaskInfo> Turn()
    {
        var before = cluster.Calls.Count;
        cluster.GiveOffers(Offer());
        return [.. cluster.Calls.Skip(before).Where(call => call.Type == Call.Types.Type.Accept).ToList()
            .SelectMany(call => Carry(call.Accept))];
    }

    private void Change(Resource resource, int sign)
    {
        var amount = sign * resource.Scalar.Value;
        switch (resource.Name)
        {
            case "cpus":
                _cpus = Math.Round(_cpus + amount, 3);
                break;
            case "mem":
                _mem = Math.Round(_mem + amount, 3);
                break;
            default:
                _disk = Math.Round(_disk + amount, 3);
                break;
        }

        (_cpus >= 0 && _mem >= 0 && _disk >= 0).ShouldBeTrue("more was taken than there is");
    }

    private void Add(Resource resource)
    {
        if (resource.Disk?.Persistence is null && Reserved.Find(other => IsAlike(other, resource)) is { } same)
        {
            same.Scalar.Value = Math.Round(same.Scalar.Value + resource.Scalar.Value, 3);
            return;
        }

        Reserved.Add(resource);
    }

    private void Take(Resource resource)
    {
        if (resource.Disk?.Persistence is not null)
        {
            Reserved.Remove(resource).ShouldBeTrue("a volume is used that is not there");
            return;
        }

        var from = Reserved.Find(other => IsAlike(other, resource)).ShouldNotBeNull($"{resource} is not reserved");
        from.Scalar.Value = Math.Round(from.Scalar.Value - resource.Scalar.Value, 3);
        from.Scalar.Value.ShouldBeGreaterThanOrEqualTo(0);
        if (from.Scalar.Value == 0)
        {
            Reserved.Remove(from);
        }
    }

    private static bool IsAlike(Resource one, Resource other) =>
        one.Name == other.Name && one.Reservation.Equals(other.Reservation) && one.Disk?.Persistence is null && other.Disk?.Persistence is null;
}
