using Google.Protobuf;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Preemption;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Kernel.Timing;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Registry.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;

namespace Plenum.Kernel.Registry;

/// <summary>
/// Takes in what earlier masters wrote: who the agents and frameworks are. Tasks come back with their
/// agents. Entries that nothing needs any more are deleted: a master may have ended between the transactions of one
/// change (<see cref="RegistryOrder"/>), or wrote more than this one keeps.
/// </summary>
internal sealed class RegistryReader(
    KernelContext context, ClusterBook book, FrameworkDesk frameworks, FrameworkRemoval removal, KeptTasks kept)
{
    public void Read(IEnumerable<KeyValuePair<string, byte[]>> registry)
    {
        var removed = new List<RegistryFramework>();
        var ends = new List<(string Key, Task Task)>();
        var lost = new List<(string Key, RegistryLostTasks Entry)>();
        foreach (var (key, value) in registry)
        {
            try
            {
                if (key.StartsWith(RegistryKeys.Agents, StringComparison.Ordinal))
                {
                    Recover(RegistryAgent.Parser.ParseFrom(value));
                }
                else if (key.StartsWith(RegistryKeys.Frameworks, StringComparison.Ordinal))
                {
                    Recover(RegistryFramework.Parser.ParseFrom(value), removed);
                }
                else if (key.StartsWith(RegistryKeys.Quotas, StringComparison.Ordinal))
                {
                    book.Quotas.Set(new RoleQuota(RegistryQuota.Parser.ParseFrom(value).Config));
                }
                else if (key.StartsWith(RegistryKeys.Ends, StringComparison.Ordinal))
                {
                    ends.Add((key, RegistryTask.Parser.ParseFrom(value).Task));
                }
                else if (key.StartsWith(RegistryKeys.LostTasks, StringComparison.Ordinal))
                {
                    lost.Add((key, RegistryLostTasks.Parser.ParseFrom(value)));
                }
                else if (key.StartsWith(RegistryKeys.Priorities, StringComparison.Ordinal))
                {
                    var priority = RegistryPriority.Parser.ParseFrom(value);
                    book.Priorities.Set(new RolePriority(priority.Role, priority.Priority));
                }
                else if (string.Equals(key, RegistryKeys.Maintenance, StringComparison.Ordinal))
                {
                    var maintenance = RegistryMaintenance.Parser.ParseFrom(value);
                    book.Machines.Replace(maintenance.Schedule, maintenance.Down.Select(MachineKey.Of).ToHashSet());
                }
                else if (key.StartsWith(RegistryKeys.Weights, StringComparison.Ordinal))
                {
                    var weight = RegistryWeight.Parser.ParseFrom(value).Weight;
                    book.Roles.SetWeight(weight.Role, weight.Weight);
                }
            }
            catch (InvalidProtocolBufferException broken)
            {
                throw new RegistryCorruptException($"The registry entry {key} cannot be read: {broken.Message}", broken);
            }
        }

        Shelve(ends, lost);

        // Oldest first, as they were removed: what exceeds a bound that shrank is forgotten in that order.
        removed.Sort(static (left, right) => left.UnregisteredTime.Nanoseconds.CompareTo(right.UnregisteredTime.Nanoseconds));
        foreach (var framework in removed)
        {
            Remember(framework);
        }
    }

    // Now that frameworks and agents are known. Oldest first, as they were shelved: beyond its bound a shelf forgets in
    // that order, and the registry's is that of names.
    private void Shelve(List<(string Key, Task Task)> ends, List<(string Key, RegistryLostTasks Entry)> lost)
    {
        foreach (var (key, task) in ends.OrderBy(static end => end.Task.Statuses is [.., { Timestamp: var time }] ? time : 0))
        {
            // A removed framework asks for nothing, and with an agent that is gone the end became history.
            if (book.Frameworks.TryGetValue(task.FrameworkId, out var framework)
                && book.FindAgent(task.AgentId) is { Standing: not AgentStanding.Gone })
            {
                kept.Restore(framework, Record(task));
            }
            else
            {
                context.Delete(key);
            }
        }

        var byAge = new List<(AgentEntry Agent, RegistryLostTasks Entry)>();
        foreach (var (key, entry) in lost)
        {
            // Of one that is awaited its loss was not stored, or its return was: it says itself what it has.
            if (entry.Tasks.Count == 0 || book.FindAgent(entry.Tasks[0].AgentId) is not { Standing: AgentStanding.Unreachable } agent)
            {
                context.Delete(key);
                continue;
            }

            agent.HasLostTasks = true;
            byAge.Add((agent, entry));
        }

        var forgotten = new HashSet<AgentId>();
        foreach (var (_, entry) in byAge.OrderBy(static one => one.Agent.LostTime))
        {
            foreach (var task in entry.Tasks)
            {
                if (book.Frameworks.TryGetValue(task.FrameworkId, out var framework)
                    && framework.Unreachable.Add(Record(task)) is { } evicted)
                {
                    forgotten.Add(evicted.AgentId);
                }
            }
        }

        kept.WithoutForgotten(forgotten);
    }

    private static TaskRecord Record(Task wire)
    {
        var (id, executor) = TaskWire.Ids(wire);
        return new TaskRecord
        {
            FrameworkId = wire.FrameworkId,
            Id = id,
            AgentId = wire.AgentId,
            ExecutorId = executor,
            Definition = wire,
            Resources = ResourceSet.FromWire(wire.Resources),
            State = wire.State,
            StatusUpdateState = wire.HasStatusUpdateState ? wire.StatusUpdateState : null,
            StatusUpdateUuid = wire.HasStatusUpdateUuid ? wire.StatusUpdateUuid : null,
            Statuses = [.. wire.Statuses],
        };
    }

    private void Recover(RegistryAgent entry)
    {
        var agent = new AgentEntry(entry.AgentInfo.Id, entry.AgentInfo, WireTime.From(entry.RegisteredTime))
        {
            Standing = entry.Standing switch
            {
                RegistryAgent.Types.Standing.Unreachable => AgentStanding.Unreachable,
                RegistryAgent.Types.Standing.Gone => AgentStanding.Gone,
                _ => AgentStanding.Recovered,
            },
            Confirmed = entry.Confirmed,
            Deactivated = entry.Deactivated,
            Drain = entry.DrainInfo,
            DrainStarted = entry.DrainStarted is { } started ? WireTime.From(started) : null,
        };
        agent.Registrations.Restore(entry.Life);
        agent.Describe(entry.AgentInfo, [.. entry.Capabilities], entry.Version, entry.Address);
        book.Agents.Add(agent.Id, agent);
        if (agent.Standing != AgentStanding.Recovered)
        {
            agent.LostTime = WireTime.From(entry.Since);
            if (agent is { Standing: AgentStanding.Unreachable, Confirmed: false }
                && AgentAdmission.AddressKey(agent.Address) is { } lost)
            {
                book.AgentsByAddress.TryAdd(lost, agent);
            }

            return;
        }

        book.RecoveredAgents++;
        if (AgentAdmission.AddressKey(agent.Address) is { } address)
        {
            book.AgentsByAddress[address] = agent;
        }

        context.Deadlines.Set(
            DeadlineKind.AgentReturn, agent, ++agent.ReturnGeneration, context.Now + context.Options.AgentReregisterTimeout);
    }

    private void Recover(RegistryFramework entry, List<RegistryFramework> removed)
    {
        if (entry.UnregisteredTime is not null)
        {
            removed.Add(entry);
            return;
        }

        frameworks.Recover(
            entry.FrameworkInfo, WireTime.From(entry.RegisteredTime), entry.HasDriverPid ? entry.DriverPid : null);
    }

    private void Remember(RegistryFramework entry)
    {
        var framework = new FrameworkEntry(
            entry.FrameworkInfo.Id, entry.FrameworkInfo, WireTime.From(entry.RegisteredTime), context.Options);
        removal.Remember(framework.ToRecord(WireTime.From(entry.UnregisteredTime)));
    }
}
