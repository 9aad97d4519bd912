using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Deployments;

/// <summary>
/// Brings a service to its count. Those too many die first; what is missing is started, and the action ends when
/// the new ones are running, healthy and ready. Instances that were there before are not waited for.
/// </summary>
internal sealed class ScaleRun : IActionRun
{
    private readonly RunSpec _target;
    private readonly ImmutableArray<InstanceId> _sentenced;
    private readonly RootBook _roots;
    private readonly InstanceBook _book;
    private readonly InstanceActions _actions;
    private readonly InstanceReadiness _readiness;
    private readonly HashSet<InstanceId> _before;
    private readonly HashSet<InstanceId> _doomed = [];
    private bool _sentenceCarriedOut;

    public ScaleRun(
        ServiceChange change,
        ImmutableArray<InstanceId> sentenced,
        RootBook roots,
        InstanceBook book,
        InstanceActions actions,
        InstanceReadiness readiness)
    {
        _target = change.Target ?? throw new ArgumentException($"{change.App} is not there to be scaled", nameof(change));
        _sentenced = sentenced;
        _roots = roots;
        _book = book;
        _actions = actions;
        _readiness = readiness;

        // The oldest, as many as there were meant to be: the same ones again when the step is driven a second time.
        _before = [.. Candidates()
            .OrderBy(instance => instance.Sequence)
            .Take(Math.Min(change.Original?.Instances ?? 0, _target.Instances))
            .Select(instance => instance.Id)];
    }

    public PathId App => _target.Id;

    public bool Advance()
    {
        var wanted = _roots.CountOf(_target);
        var candidates = Candidates();
        var condemned = _sentenceCarriedOut ? 0 : candidates.Count(instance => _sentenced.Contains(instance.Id));
        var surplus = Math.Max(candidates.Count - wanted, condemned);
        if (surplus > 0)
        {
            foreach (var instance in KillOrder.Select(_target, candidates, surplus, _sentenceCarriedOut ? [] : _sentenced))
            {
                _doomed.Add(instance.Id);
                _actions.Retire(instance);
            }

            candidates = Candidates();
        }

        _sentenceCarriedOut = true;
        _doomed.RemoveWhere(id => _book.Find(id) is not { Goal: not Goal.Running } instance || !instance.Condition.HasTask());
        if (_doomed.Count > 0)
        {
            return false;
        }

        if (candidates.Count < wanted)
        {
            _actions.Schedule(_target, wanted - candidates.Count);
            return false;
        }

        var fine = 0;
        foreach (var instance in candidates)
        {
            fine += _before.Contains(instance.Id) || _readiness.IsReady(instance, _target) ? 1 : 0;
        }

        return fine >= wanted;
    }

    private List<Instance> Candidates() =>
        [.. _book.InstancesOf(_target.Id).Where(instance => instance.IsCandidate)];
}
