using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Simulation.World;

// What it makes of offers.
internal sealed partial class SimFramework
{
    /// <summary>Two of them leave an agent one cpu, so that there is always something to offer.</summary>
    private const double LargeTask = 1.5;

    /// <summary>Mostly at once; now and then so late that the offer may be gone.</summary>
    private void Weigh(Offer offer)
    {
        if (!world.Fault(0.2))
        {
            Consider(offer);
            return;
        }

        var connection = _connection;
        world.After(world.Between(0.1, 45), string.Empty, () =>
        {
            if (_connection == connection && !_rescinded.Contains(offer.Id))
            {
                Consider(offer);
            }
        });
    }

    private void Consider(Offer offer)
    {
        var live = Tasks.Values.Count(task => !task.IsOver);
        var filters = new Filters { RefuseSeconds = world.Between(0, 8).TotalSeconds };
        if (!world.IsRough || live >= MaxTasks || world.Chance(0.3) || IsTooSmall(offer))
        {
            var decline = new Call.Types.Decline { Filters = filters };
            decline.OfferIds.Add(offer.Id);
            Send(new Call { Type = Call.Types.Type.Decline, Decline = decline });
            return;
        }

        var accept = new Call.Types.Accept { Filters = filters };
        accept.OfferIds.Add(offer.Id);
        Resource? volume = null;
        accept.Operations.AddRange(_reservations?.Change(offer, out volume) ?? []);
        var tasks = Enumerable.Range(0, 1 + world.Random.Next(3)).Select(_ => NewTask(offer)).ToList();
        if (volume is not null && world.Chance(0.5))
        {
            tasks[0].Resources.Add(volume.Clone());
        }

        if (_reservations is { } own)
        {
            accept.Operations.AddRange(SimDisks.Change(world, offer, out var disk).Select(operation => own.Named(operation, offer)));
            if (disk is not null)
            {
                tasks[^1].Resources.Add(disk.Clone());
            }
        }

        int? group = world.Chance(0.25) ? _nextTask : null;
        accept.Operations.Add(group is null ? Single(tasks) : Group(tasks));
        Launched += tasks.Count;
        foreach (var task in tasks)
        {
            Tasks.Add(task.TaskId, new TaskView(task.TaskId, offer.AgentId)
            {
                Group = group,
                Offer = offer.Id,
                Connection = _connection!,
            });
        }

        Send(new Call { Type = Call.Types.Type.Accept, Accept = accept });
    }

    // Elsewhere launches that do not fit are part of what is tried.
    private bool IsTooSmall(Offer offer) => world.IsTight && ResourceSet.FromWire(offer.Resources).Scalar("cpus") < LargeTask;

    private TaskInfo NewTask(Offer offer)
    {
        var task = new TaskInfo
        {
            Name = "t",
            TaskId = new TaskID { Value = $"{Name}-t{_nextTask++}" },
            AgentId = offer.AgentId,
            Command = new CommandInfo { Value = "work" },
        };
        task.Resources.AddRange(ResourceSet.Parse(world.IsTight ? $"cpus:{LargeTask};mem:128" : "cpus:0.5;mem:128").ToWire());
        return task;
    }

    private static Operation Single(List<TaskInfo> tasks)
    {
        var operation = new Operation { Type = Operation.Types.Type.Launch, Launch = new Operation.Types.Launch() };
        operation.Launch.TaskInfos.AddRange(tasks);
        return operation;
    }

    private Operation Group(List<TaskInfo> tasks)
    {
        var executor = new ExecutorInfo
        {
            Type = ExecutorInfo.Types.Type.Default,
            ExecutorId = new ExecutorID { Value = $"{Name}-pod{_nextTask}" },
        };
        executor.Resources.AddRange(ResourceSet.Parse("cpus:0.1;mem:32;disk:10").ToWire());
        var operation = new Operation
        {
            Type = Operation.Types.Type.LaunchGroup,
            LaunchGroup = new Operation.Types.LaunchGroup { Executor = executor, TaskGroup = new TaskGroupInfo() },
        };
        operation.LaunchGroup.TaskGroup.Tasks.AddRange(tasks);
        return operation;
    }
}
