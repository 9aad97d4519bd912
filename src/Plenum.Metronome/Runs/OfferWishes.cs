using Plenum.Metronome.Core;
using Plenum.Protocol.V1;
using Plenum.Scheduling;

namespace Plenum.Metronome.Runs;

/// <summary>
/// Asks for offers when a run wants one and stops them when none does. A new wish revives at once; a token bucket keeps a
/// storm of them from flooding the allocator.
/// </summary>
internal sealed class OfferWishes(CoreContext context, RunLauncher launcher)
{
    private static readonly RunTimer Later = new(RunTimerKind.Revive);

    private double _tokens = context.Options.ReviveBurst;
    private DateTimeOffset _tokensAt;
    private bool _isSuppressed;
    private bool _isNew;

    /// <summary>A run began to wait, or may be placed again.</summary>
    public void Want() => _isNew = true;

    public FrameworkInfo Framework()
    {
        var options = context.Options;
        var info = new FrameworkInfo
        {
            User = options.User,
            Name = options.FrameworkName,
            Checkpoint = true,
            FailoverTimeout = options.FailoverTimeout.TotalSeconds,
            Roles = { options.Role },
        };
        if (context.FrameworkId is { } id)
        {
            info.Id = new FrameworkID { Value = id };
        }

        foreach (var capability in (ReadOnlySpan<FrameworkInfo.Types.Capability.Types.Type>)[
            FrameworkInfo.Types.Capability.Types.Type.PartitionAware,
            FrameworkInfo.Types.Capability.Types.Type.MultiRole,
            FrameworkInfo.Types.Capability.Types.Type.TaskKillingState,
            FrameworkInfo.Types.Capability.Types.Type.RegionAware,
            FrameworkInfo.Types.Capability.Types.Type.GpuResources])
        {
            info.Capabilities.Add(new FrameworkInfo.Types.Capability { Type = capability });
        }

        return info;
    }

    /// <summary>A new subscription starts with offers open.</summary>
    public void Subscribed() => _isSuppressed = false;

    /// <summary>After all is decided: says to the master what changed.</summary>
    public void Settle()
    {
        if (!context.IsConnected)
        {
            _isNew = false;
            return;
        }

        if (!launcher.WantsOffers)
        {
            _isNew = false;
            context.Timers.Cancel(Later);
            if (!_isSuppressed)
            {
                _isSuppressed = true;
                context.Send(SchedulerCalls.Suppress(context.Options.Role));
            }
        }
        else if (_isSuppressed || (_isNew && TakeToken()))
        {
            // The first after a pause is rare by itself and never waits.
            _isSuppressed = false;
            _isNew = false;
            context.Send(SchedulerCalls.Revive(context.Options.Role));
        }
        else if (_isNew)
        {
            _isNew = false;
            context.Timers.SetIfAbsent(Later, context.Now + context.Options.MinReviveInterval);
        }
    }

    private bool TakeToken()
    {
        _tokens = Math.Min(
            context.Options.ReviveBurst, _tokens + ((context.Now - _tokensAt) / context.Options.MinReviveInterval));
        _tokensAt = context.Now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
