using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Groups;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Reservations;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>
/// Asks for offers when something wants one and stops them when nothing does: per role. New wants revive at once; a
/// token bucket keeps a storm of them from flooding the allocator.
/// </summary>
internal sealed class RoleSubscriptions(
    CoreContext context, RootBook roots, InstanceBook book, BackoffBook backoffs, LeftoverBook leftovers)
{
    private readonly SortedSet<string> _roles = new(StringComparer.Ordinal) { context.Options.DefaultRole };
    private readonly HashSet<string> _suppressed = [];
    private readonly HashSet<string> _newlyWanted = [];
    private double _tokens = context.Options.ReviveBurst;
    private DateTimeOffset _tokensAt;

    /// <summary>Something of this role began to want an offer, or may want one again.</summary>
    public void Want(string role) => _newlyWanted.Add(role);

    /// <inheritdoc cref="Want(string)"/>
    public void Want(RunSpec app)
    {
        _newlyWanted.Add(context.Options.LaunchRoleOf(app));
        if (app.IsResident && book.Scheduled.ContainsKey(app.Id))
        {
            _newlyWanted.UnionWith(RolesOfReserved(app));
        }
    }

    /// <summary>The framework as it is to be subscribed now.</summary>
    public FrameworkInfo Framework(string? id)
    {
        AddRolesInUse();
        var options = context.Options;
        var info = new FrameworkInfo
        {
            User = options.User,
            Name = options.FrameworkName,
            Checkpoint = true,
            FailoverTimeout = options.FailoverTimeout.TotalSeconds,
        };
        if (id is not null)
        {
            info.Id = new FrameworkID { Value = id };
        }

        if (options.WebUiUri is { } webUi)
        {
            info.WebuiUrl = webUi;
        }

        info.Roles.AddRange(_roles);
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

    /// <summary>A new subscription starts with every role open.</summary>
    public void Subscribed() => _suppressed.Clear();

    /// <summary>After all is decided: says to the master what changed about who wants offers.</summary>
    public void Settle(string? frameworkId)
    {
        if (!context.IsConnected)
        {
            _newlyWanted.Clear();
            return;
        }

        if (AddRolesInUse())
        {
            context.Send(new Call
            {
                Type = Call.Types.Type.UpdateFramework,
                UpdateFramework = new Call.Types.UpdateFramework
                {
                    FrameworkInfo = Framework(frameworkId),
                    SuppressedRoles = { _suppressed.Order(StringComparer.Ordinal) },
                },
            });
        }

        var wanted = WantedRoles();
        foreach (var role in _roles)
        {
            if (!wanted.Contains(role))
            {
                Suppress(role);
            }
            else if (_suppressed.Remove(role))
            {
                // Asleep before, so this is rare by itself and never waits.
                Revive(role);
            }
            else if (_newlyWanted.Contains(role))
            {
                if (TakeToken())
                {
                    Revive(role);
                }
                else
                {
                    context.Timers.SetIfAbsent(
                        new TimerKey(TimerKind.Revive, role),
                        context.Now + context.Options.MinReviveInterval);
                }
            }
        }

        _newlyWanted.Clear();
    }

    private bool AddRolesInUse()
    {
        var added = false;
        foreach (var app in book.Scheduled.Keys)
        {
            foreach (var definition in roots.LaunchableOf(app))
            {
                added |= _roles.Add(context.Options.LaunchRoleOf(definition));
                foreach (var role in RolesOfReserved(definition))
                {
                    added |= _roles.Add(role);
                }
            }
        }

        foreach (var role in leftovers.Roles.Concat(RolesOfDaemons()))
        {
            added |= _roles.Add(role);
        }

        return added;
    }

    // Ends at the first want of every role: with one role that is the first service that is not delayed.
    private HashSet<string> WantedRoles()
    {
        var wanted = new HashSet<string>(leftovers.Roles.Concat(RolesOfDaemons()), StringComparer.Ordinal);
        foreach (var path in book.Scheduled.Keys)
        {
            foreach (var app in roots.LaunchableOf(path))
            {
                if (!backoffs.IsDelayed(app))
                {
                    wanted.Add(context.Options.LaunchRoleOf(app));
                    wanted.UnionWith(RolesOfReserved(app));
                }
            }

            if (wanted.Count == _roles.Count)
            {
                break;
            }
        }

        return wanted;
    }

    /// <summary>Agents that join are known by their offers: what runs on every one wants offers always.</summary>
    private IEnumerable<string> RolesOfDaemons() =>
        roots.Daemons.Select(roots.Find).OfType<RunSpec>().Select(context.Options.LaunchRoleOf);

    /// <summary>A reservation stays with the role it was made for when the app's role changes.</summary>
    private IEnumerable<string> RolesOfReserved(RunSpec app) => app.IsResident
        ? book.Scheduled[app.Id].Values.Select(id => book.Find(id)?.Reservation?.Role).OfType<string>()
        : [];

    private void Suppress(string role)
    {
        if (_suppressed.Add(role))
        {
            context.Send(new Call
            {
                Type = Call.Types.Type.Suppress,
                Suppress = new Call.Types.Suppress { Roles = { role } },
            });
        }
    }

    private void Revive(string role)
    {
        context.Timers.Cancel(new TimerKey(TimerKind.Revive, role));
        context.Send(new Call
        {
            Type = Call.Types.Type.Revive,
            Revive = new Call.Types.Revive { Roles = { role } },
        });
    }

    private bool TakeToken()
    {
        var refill = (context.Now - _tokensAt) / context.Options.MinReviveInterval;
        _tokens = Math.Min(context.Options.ReviveBurst, _tokens + refill);
        _tokensAt = context.Now;
        if (_tokens < 1)
        {
            return false;
        }

        _tokens--;
        return true;
    }
}
