using Google.Protobuf.Collections;
using Plenum.Kernel.Agents;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Kernel.Validation;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using AgentCapability = Plenum.Protocol.V1.AgentInfo.Types.Capability.Types.Type;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;
using Reason = Plenum.Protocol.V1.TaskStatus.Types.Reason;

namespace Plenum.Kernel.Offers;

/// <summary>The launches of one ACCEPT, and the pool that they share with its other operations.</summary>
internal sealed class LaunchRun
{
    private readonly KernelContext _context;
    private readonly ClusterBook _book;
    private readonly TaskBook _tasks;
    private readonly StatusSender _sender;
    private readonly FrameworkEntry _framework;
    private readonly AgentEntry _agent;
    private readonly string _role;
    private readonly Resource.Types.AllocationInfo _allocation;
    private readonly LaunchContext _rules;

    public LaunchRun(
        KernelContext context,
        ClusterBook book,
        TaskBook tasks,
        StatusSender sender,
        FrameworkEntry framework,
        AgentEntry agent,
        string role,
        ResourceSet pool)
    {
        _context = context;
        _book = book;
        _tasks = tasks;
        _sender = sender;
        _framework = framework;
        _agent = agent;
        _role = role;
        _allocation = new Resource.Types.AllocationInfo { Role = role };
        _rules = new LaunchContext
        {
            Agent = agent.Id,
            Framework = framework.Id,
            AllocationRole = role,
            AgentHasTaskLimits = agent.Can(AgentCapability.TaskResourceLimits),
            IsTaskKnown = id => framework.Tasks.ContainsKey(id) || framework.Unreachable.Contains(id),
            LiveExecutor = id => agent.Executors.GetValueOrDefault((framework.Id, id))?.Record.Info,
            SharesCgroups = SharesCgroups,
            Available = pool,
        };
    }

    /// <summary>Not taken yet; with the allocation role.</summary>
    public ResourceSet Remainder => _rules.Available;

    /// <summary>Made by operations whose result this ACCEPT may not use.</summary>
    public ResourceSet Withheld { get; private set; } = ResourceSet.Empty;

    public void Convert(ResourceConversion conversion, bool isUsableNow)
    {
        _agent.ConvertInHand(conversion);
        if (!conversion.Consumed.Shared.IsEmpty || !conversion.Converted.Shared.IsEmpty)
        {
            // Plain disk counts by amount, a shared volume by its uses: the account must know which it is.
            _book.Roles.Allocate(_framework, _agent, _role, conversion.Converted);
            _book.Roles.Unallocate(_framework, _agent, _role, conversion.Consumed);
        }

        _rules.Available -= conversion.Consumed;
        if (isUsableNow)
        {
            _rules.Available += conversion.Converted;
        }
        else
        {
            Withheld += conversion.Converted;
        }
    }

    /// <summary>A resource provider's operation has them from here on; they count as nobody's share.</summary>
    public void Hold(ResourceSet consumed)
    {
        _agent.HoldFromHand(consumed);
        _book.Roles.Unallocate(_framework, _agent, _role, consumed);
        _rules.Available -= consumed;
    }

    public void Launch(Operation operation)
    {
        foreach (var task in operation.Launch.TaskInfos)
        {
            var used = ResourceSet.Empty;
            var error = operation.Id is null
                ? TaskValidation.Validate(task, _rules, out used)
                : "Operation ids are not supported on LAUNCH";
            if (error is not null)
            {
                Refuse(task, Reason.TaskInvalid, error);
                continue;
            }

            Take(used);
            if (task.Executor is { } executor)
            {
                used -= EnsureExecutor(executor);
            }

            Book(task, task.Executor?.ExecutorId, used);
            _context.Send(_agent, new MasterMessage
            {
                RunTask = new MasterMessage.Types.RunTask { Framework = _framework.Info, Task = task },
            });
        }
    }

    public void LaunchGroup(Operation operation)
    {
        var (executor, group) = (operation.LaunchGroup.Executor, operation.LaunchGroup.TaskGroup);
        var used = ResourceSet.Empty;
        var error = operation.Id is null
            ? TaskGroupValidation.Validate(executor, group, _rules, out used)
            : "Operation ids are not supported on LAUNCH_GROUP";
        if (error is not null)
        {
            foreach (var task in group.Tasks)
            {
                Refuse(task, Reason.TaskGroupInvalid, error);
            }

            return;
        }

        Take(used);
        EnsureExecutor(executor);
        foreach (var task in group.Tasks)
        {
            Book(task, executor.ExecutorId, ResourceUse.Read(task.Resources, _role));
        }

        _context.Send(_agent, new MasterMessage
        {
            RunTaskGroup = new MasterMessage.Types.RunTaskGroup { Framework = _framework.Info, Executor = executor, TaskGroup = group },
        });
    }

    private void Take(ResourceSet used)
    {
        _agent.UseFromHand(used);
        _rules.Available -= used.NonShared;
        _framework.Used.Add(_agent.Id, used);

        // Each use of a shared volume is held besides the copy that was offered and goes back.
        var shared = used.Shared;
        if (!shared.IsEmpty)
        {
            _book.Roles.Allocate(_framework, _agent, _role, shared);
        }
    }

    /// <summary>Returns what a new executor holds for itself; nothing when it runs already.</summary>
    private ResourceSet EnsureExecutor(ExecutorInfo executor)
    {
        executor.FrameworkId = _framework.Info.Id;
        if (_agent.Executors.TryGetValue((_framework.Id, executor.ExecutorId), out _))
        {
            return ResourceSet.Empty;
        }

        var resources = ResourceUse.Read(executor.Resources, _role);
        Stamp(executor.Resources, resources);
        _tasks.AddExecutor(
            new ExecutorRecord(_framework.Id, executor.ExecutorId, _agent.Id, executor, resources), _role, _framework, _agent);
        return resources;
    }

    private void Book(TaskInfo task, ExecutorID? executor, ResourceSet resources)
    {
        Stamp(task.Resources, resources);
        var definition = TaskWire.Define(task, executor, _framework);
        var entry = _tasks.Add(
            new TaskRecord
            {
                FrameworkId = _framework.Id,
                Id = task.TaskId,
                AgentId = _agent.Id,
                ExecutorId = executor is null ? (ExecutorId?)null : (ExecutorId)executor,
                Definition = definition,
                Resources = resources,
                State = TaskState.TaskStaging,
            },
            _role,
            _framework,
            _agent);
        entry.HoldsResources = true;
        _context.Counters.TasksLaunched++;
    }

    /// <summary>
    /// The agent gets resources in the refined format and with their allocation role, whatever the
    /// framework wrote.
    /// </summary>
    private void Stamp(RepeatedField<Resource> wire, ResourceSet resources)
    {
        foreach (var resource in wire)
        {
            if (resource.HasRole || resource.Reservation is not null)
            {
                wire.Clear();
                wire.AddRange(resources.ToWire());
                return;
            }
        }

        foreach (var resource in wire)
        {
            resource.AllocationInfo ??= _allocation;
        }
    }

    private bool? SharesCgroups(ExecutorId executor)
    {
        foreach (var task in _agent.Tasks)
        {
            if (task.Framework == _framework && task.Record.ExecutorId == executor && task.HoldsResources)
            {
                return task.Record.Definition.Container?.LinuxInfo?.ShareCgroups ?? true;
            }
        }

        return null;
    }

    private void Refuse(TaskInfo task, Reason reason, string error)
    {
        _sender.Send(_framework, new MasterUpdate(task.TaskId, TaskState.TaskError, reason, error) { Agent = _agent.Id });
        _context.Counters.TasksError++;
    }
}
