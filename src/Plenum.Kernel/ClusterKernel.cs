using Plenum.Kernel.Agents;
using Plenum.Kernel.Allocation;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Effects;
using Plenum.Kernel.Explaining;
using Plenum.Kernel.Frameworks;
using Plenum.Kernel.Invariants;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Operators;
using Plenum.Kernel.Preemption;
using Plenum.Kernel.Reconciliation;
using Plenum.Kernel.Registry;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Kernel.Timing;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Kernel;

/// <summary>
/// The deterministic core of the master: commands and the time come in, effects go out. One caller at a
/// time; snapshots may be read by anybody.
/// </summary>
public sealed class ClusterKernel
{
    private readonly KernelContext _context;
    private readonly ClusterBook _book;
    private readonly OfferBook _offers;
    private readonly KeptTasks _kept;
    private readonly Allocator _allocator;
    private readonly FrameworkRemoval _removal;
    private readonly FrameworkDesk _frameworks;
    private readonly OfferCalls _offerCalls;
    private readonly TaskCalls _taskCalls;
    private readonly StatusUpdates _updates;
    private readonly ExecutorEvents _executors;
    private readonly Reconciler _reconciler;
    private readonly AgentLiveness _liveness;
    private readonly AgentLoss _loss;
    private readonly AgentRemovals _removals;
    private readonly AgentAdmission _admission;
    private readonly InverseOffers _inverse;
    private readonly AgentDrains _drains;
    private readonly OperatorDesk _operators;
    private readonly FrameworkExplainer _explainer;
    private readonly PriorityDesk _priorities;
    private readonly WishDesk _wishes;
    private readonly Preemptor _preemptor;
    private readonly OperationUpdates _operationUpdates;
    private readonly SnapshotMaker _snapshots;

    // What the restored registry had too much of leaves it with the first command.
    private readonly List<KernelEffect> _restored = [];

    public ClusterKernel(KernelOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _context = new KernelContext(options);
        _book = new ClusterBook(options);
        var sender = new StatusSender(_context);
        _offers = new OfferBook(_context, _book);
        _inverse = new InverseOffers(_context, _book);
        _allocator = new Allocator(_context, _book, _offers, _inverse);
        _kept = new KeptTasks(_context, _book);
        var tasks = new TaskBook(_context, _book, _allocator, sender, _kept);
        var operations = new OperationBook(_context, _book, _allocator);
        _operationUpdates = new OperationUpdates(_context, _book, operations);
        _removal = new FrameworkRemoval(_context, _book, _offers, _inverse, tasks, _operationUpdates, _kept);
        _frameworks = new FrameworkDesk(_context, _book, _offers, _inverse, _allocator, _removal);
        _offerCalls = new OfferCalls(_context, _book, _offers, _allocator, tasks, sender, operations, _operationUpdates);
        _reconciler = new Reconciler(_context, _book);
        _taskCalls = new TaskCalls(_context, _book, _reconciler);
        _updates = new StatusUpdates(_context, _book, tasks, sender, _kept);
        _executors = new ExecutorEvents(_context, _book, tasks);
        _liveness = new AgentLiveness(_context, _book, _offers);
        _loss = new AgentLoss(_context, _book, _offers, _inverse, tasks, sender, _liveness, _operationUpdates, _kept, _reconciler);
        _removals = new AgentRemovals(_context, _loss, _liveness);
        var returns = new AgentReturn(_context, _book, tasks, _taskCalls, _frameworks, sender, _operationUpdates, _kept);
        _drains = new AgentDrains(_context, _book, _offers, _taskCalls, _loss, _allocator);
        _admission = new AgentAdmission(_context, _book, _offers, _allocator, returns, _loss, _liveness, _drains, _reconciler);
        _operators = new OperatorDesk(
            _context,
            new WeightDesk(_context, _book, _offers, _allocator),
            new QuotaDesk(_context, _book, _offers, _allocator),
            new MaintenanceDesk(_context, _book, _offers, _inverse, _loss, _allocator),
            _drains,
            new OperatorOperations(_context, _book, _offers, _allocator, operations));
        _explainer = new FrameworkExplainer(_context, _book, _allocator);
        _priorities = new PriorityDesk(_context, _book);
        _wishes = new WishDesk(_context);
        _preemptor = new Preemptor(_context, _book, _offers, _taskCalls, _allocator);
        _snapshots = new SnapshotMaker(_context, _book);
    }

    /// <summary>
    /// When the next <see cref="KernelCommand.Tick"/> is due; at or before the last command's time when
    /// work waits for the end of the current batch. Null when nothing will ever be due.
    /// </summary>
    public DateTimeOffset? NextDeadline => Earliest(_context.Deadlines.Next, _allocator.Next, _offers.NextTimeout);

    /// <summary>When the allocator wants to run next; with <see cref="AllocationRuns"/> the shell measures it by this.</summary>
    public DateTimeOffset? NextAllocation => _allocator.Next;

    /// <summary>Runs of the allocator so far.</summary>
    public long AllocationRuns => _context.Counters.AllocationRuns;

    /// <summary>Once, before the first command: takes in what earlier masters wrote.</summary>
    public void Restore(IEnumerable<KeyValuePair<string, byte[]>> registry, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(registry);
        _context.Begin(now, _restored);
        new RegistryReader(_context, _book, _frameworks, _removal, _kept).Read(registry);
        _allocator.AwaitAgents(_book.RecoveredAgents);
        _context.Deadlines.Set(DeadlineKind.RegistryCleaning, null, 0, now + _context.Options.RegistryCleaningInterval);
        _snapshots.Invalidate();
    }

    /// <summary>
    /// Changes the book and appends what is to be done. Messages inside the command belong to the
    /// kernel from here on.
    /// </summary>
    public void Apply(KernelCommand command, DateTimeOffset now, List<KernelEffect> effects)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(effects);
        effects.AddRange(_restored);
        _restored.Clear();
        _context.Begin(now, effects);
        _snapshots.Invalidate();
        switch (command)
        {
            case KernelCommand.SchedulerCall(var stream, var call):
                Apply(stream, call);
                break;
            case KernelCommand.AgentMessageReceived(var link, var message):
                Apply(link, message);
                break;
            case KernelCommand.Tick:
                Tick();
                break;
            case KernelCommand.Subscribe subscribe:
                _frameworks.Subscribe(subscribe.Stream, subscribe.Call.Subscribe, subscribe.Principal, subscribe.Driver);
                break;
            case KernelCommand.DeactivateFramework(var stream):
                _frameworks.Deactivate(stream);
                break;
            case KernelCommand.SchedulerStreamClosed(var stream):
                _frameworks.StreamClosed(stream);
                break;
            case KernelCommand.RegisterAgent(var link, var message):
                _admission.Register(link, message);
                break;
            case KernelCommand.AgentLinkClosed(var link):
                if (_book.Links.TryGetValue(link, out var agent))
                {
                    _liveness.LinkClosed(agent);
                }

                break;
            case KernelCommand.TeardownFramework(var id):
                if (_book.Frameworks.TryGetValue(id, out var framework))
                {
                    _removal.Remove(framework);
                }

                break;
            case KernelCommand.MarkAgentGone(var id):
                if (_book.FindAgent(id) is { } gone)
                {
                    _loss.MarkGone(gone);
                }

                break;
            case KernelCommand.OperatorCall(var request, var call):
                _operators.Apply(request, call);
                break;
            case KernelCommand.ChangePriorities(var request, var set, var removed):
                _context.Answer(request, _priorities.Change(set, removed));
                break;
            case KernelCommand.UseWhitelist(var hostnames):
                _book.Whitelist.Replace(hostnames);
                break;
            case KernelCommand.ExplainFramework(var request, var id):
                _context.Answer(request, _explainer.Explain(id));
                break;
            default:
                throw new KernelInvariantException($"unknown command {command.GetType().Name}");
        }
    }

    /// <summary>Cheap, and the same object until something changes. Call it where commands are applied.</summary>
    public ClusterSnapshot Snapshot() => _snapshots.Make();

    /// <summary>Recomputes every sum and index of the book; throws when one is wrong. Slow: for tests and simulation.</summary>
    public void CheckAll() => BookAudit.CheckAll(_book);

    private static DateTimeOffset? Earliest(DateTimeOffset? first, DateTimeOffset? second, DateTimeOffset? third)
    {
        var earliest = first is null || second < first ? second : first;
        return earliest is null || third < earliest ? third : earliest;
    }

    private void Apply(SchedulerStreamId stream, Call call)
    {
        // The stream ended or was replaced while the call was on its way.
        if (!_book.Streams.TryGetValue(stream, out var framework))
        {
            if (call.Type == Call.Types.Type.UpdateFramework)
            {
                _context.Answer(stream, "Framework is not subscribed");
            }

            return;
        }

        switch (call.Type)
        {
            case Call.Types.Type.Accept:
                _offerCalls.Accept(framework, call.Accept);
                break;
            case Call.Types.Type.Acknowledge:
                _updates.FromFramework(framework, call.Acknowledge);
                break;
            case Call.Types.Type.Decline:
                _offerCalls.Decline(framework, call.Decline);
                break;
            case Call.Types.Type.AcceptInverseOffers:
                _inverse.Accept(framework, call.AcceptInverseOffers);
                break;
            case Call.Types.Type.DeclineInverseOffers:
                _inverse.Decline(framework, call.DeclineInverseOffers);
                break;
            case Call.Types.Type.Revive:
                _offerCalls.Revive(framework, call.Revive?.Roles ?? []);
                break;
            case Call.Types.Type.Suppress:
                _offerCalls.Suppress(framework, call.Suppress?.Roles ?? []);
                break;
            case Call.Types.Type.Kill:
                _taskCalls.Kill(framework, call.Kill);
                break;
            case Call.Types.Type.Reconcile:
                _reconciler.Reconcile(framework, call.Reconcile);
                break;
            case Call.Types.Type.AcknowledgeOperationStatus:
                _operationUpdates.FromFramework(framework, call.AcknowledgeOperationStatus);
                break;
            case Call.Types.Type.ReconcileOperations:
                _operationUpdates.Reconcile(framework, call.ReconcileOperations);
                break;
            case Call.Types.Type.Shutdown:
                _taskCalls.Shutdown(framework, call.Shutdown);
                break;
            case Call.Types.Type.Message:
                _taskCalls.Message(framework, call.Message);
                break;
            case Call.Types.Type.Teardown:
                _removal.Remove(framework);
                break;
            case Call.Types.Type.UpdateFramework:
                _context.Answer(stream, _frameworks.Update(framework, call.UpdateFramework));
                break;
            case Call.Types.Type.Request:
                _wishes.Request(framework, call.Request?.Requests ?? []);
                break;
            default:
                _context.Note($"{call.Type} of {framework.Id} dropped: not supported");
                break;
        }
    }

    private void Apply(AgentLinkId link, AgentMessage message)
    {
        // From a link that is not the agent's current one: what it says is in the report it gave since.
        if (!_book.Links.TryGetValue(link, out var agent))
        {
            return;
        }

        _liveness.Heard(agent);
        switch (message.MessageCase)
        {
            case AgentMessage.MessageOneofCase.StatusUpdate:
                _updates.FromAgent(agent, message.StatusUpdate);
                break;
            case AgentMessage.MessageOneofCase.OperationUpdate:
                _operationUpdates.FromAgent(agent, message.OperationUpdate);
                break;
            case AgentMessage.MessageOneofCase.ExecutorExited:
                _executors.Exited(agent, message.ExecutorExited);
                break;
            case AgentMessage.MessageOneofCase.ExecutorMessage:
                _executors.Message(agent, message.ExecutorMessage);
                break;
            case AgentMessage.MessageOneofCase.UpdateAgent:
                _admission.Update(agent, message.UpdateAgent);
                break;
            case AgentMessage.MessageOneofCase.Unregister:
                _context.Counters.AgentRemovalsUnregistered++;
                _loss.Unregister(agent, "it unregistered");
                break;
            case AgentMessage.MessageOneofCase.Pong:
                break;
            default:
                _context.Note($"{message.MessageCase} on the open link of {agent.Id} dropped");
                break;
        }
    }

    private void Tick()
    {
        while (_context.Deadlines.TryTakeDue(_context.Now, out var deadline))
        {
            switch (deadline)
            {
                case { Kind: DeadlineKind.AgentPing, Target: AgentEntry agent }:
                    if (!_liveness.PingDue(agent, deadline.Generation))
                    {
                        _removals.Request(agent);
                    }

                    break;
                case { Kind: DeadlineKind.AgentReturn, Target: AgentEntry agent }:
                    if (AgentLoss.IsReturnOverdue(agent, deadline.Generation))
                    {
                        _removals.Request(agent);
                    }

                    break;
                case { Kind: DeadlineKind.AgentRemoval }:
                    _removals.Look();
                    break;
                case { Kind: DeadlineKind.SchedulerHeartbeat, Target: FrameworkEntry framework }:
                    _frameworks.HeartbeatDue(framework, deadline.Generation);
                    break;
                case { Kind: DeadlineKind.FrameworkFailover, Target: FrameworkEntry framework }:
                    _frameworks.FailoverDue(framework, deadline.Generation);
                    break;
                case { Kind: DeadlineKind.UnacknowledgedEnds }:
                    _kept.Look();
                    break;
                default:
                    _loss.CleanRegistry();
                    _context.Deadlines.Set(
                        DeadlineKind.RegistryCleaning, null, 0, _context.Now + _context.Options.RegistryCleaningInterval);
                    break;
            }
        }

        _drains.FinishDrained();
        _offers.RescindExpired();
        _allocator.RunWhenDue();
        _preemptor.LookWhenDue();
    }
}
