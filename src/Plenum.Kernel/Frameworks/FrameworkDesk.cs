using Plenum.Kernel.Allocation;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Timing;
using Plenum.Kernel.Validation;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Link.V1;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using MasterEvent = Plenum.Protocol.V1.Master.Event;

namespace Plenum.Kernel.Frameworks;

/// <summary>Frameworks come, change and lose their stream.</summary>
internal sealed class FrameworkDesk(
    KernelContext context, ClusterBook book, OfferBook offers, InverseOffers inverse, Allocator allocator, FrameworkRemoval removal)
{
    /// <summary>Mesos' text; schedulers compare it.</summary>
    private const string FailedOver = "Framework failed over";

    /// <summary>
    /// A new SUBSCRIBE always wins over the connection before it. What is wrong with it is said by an ERROR
    /// event and the end of the stream.
    /// </summary>
    public void Subscribe(SchedulerStreamId stream, Call.Types.Subscribe call, string? principal, DriverPeer? driver)
    {
        var info = call.FrameworkInfo;
        var id = info.Id is { Value.Length: > 0 } given ? (FrameworkId)given : (FrameworkId?)null;
        var known = id is { } asked ? book.Frameworks.GetValueOrDefault(asked) : null;
        var error = Check(call, known, id, principal, out var constraints)
            ?? (driver is { Force: false } && known is { Recovered: false } && !IsPid(known, driver.Pid) ? FailedOver : null);
        if (error is not null)
        {
            context.Refuse(stream, error);
            return;
        }

        if (known is null)
        {
            info.Id = (id ?? new FrameworkId(context.NextFrameworkId())).ToWire();
            var framework = Add(info);
            framework.Pid = driver?.Pid;
            Admit(stream, framework, call, constraints);
            return;
        }

        if (known.Stream == stream)
        {
            // Its scheduler may have answered offers while the driver took itself for disconnected.
            offers.RescindAllOf(known);
            Detach(known, stream);
        }
        else if (known.Stream is { } old)
        {
            context.Refuse(old, FailedOver);
            Detach(known, old);
        }

        Readmit(stream, known, call, constraints, driver?.Pid);
    }

    /// <summary>Ignored when the stream has ended meanwhile.</summary>
    public void Deactivate(SchedulerStreamId stream)
    {
        if (!book.Streams.TryGetValue(stream, out var framework))
        {
            return;
        }

        framework.Deactivated = true;
        framework.Touch();
        offers.RescindAllOf(framework);
        inverse.WithdrawAllOf(framework);
        foreach (var client in framework.Clients.Values)
        {
            book.Roles.SetActive(client, false);
        }

        context.Publish(Changed(framework));
    }

    /// <summary>UPDATE_FRAMEWORK: what SUBSCRIBE may change, without a new stream. Null, or why not.</summary>
    public string? Update(FrameworkEntry framework, Call.Types.UpdateFramework call)
    {
        var info = call.FrameworkInfo;
        var error = FrameworkValidation.Validate(info)
            ?? FrameworkValidation.ValidateUpdate(framework.Info, info, isSubscribe: false)
            ?? FrameworkValidation.ValidateSuppressedRoles(info, call.SuppressedRoles);
        ConstraintSet? constraints = null;
        if (error is null && call.OfferConstraints is { } wire)
        {
            constraints = ConstraintSet.Read(wire, FrameworkValidation.RolesOf(info), out error);
        }

        if (error is not null)
        {
            return error;
        }

        var before = framework.SuppressedRoles;
        Change(framework, info, call.SuppressedRoles, call.OfferConstraints, constraints);
        foreach (var role in before)
        {
            if (!framework.SuppressedRoles.Contains(role) && framework.Clients.TryGetValue(role, out var client))
            {
                client.Filters.Clear();
            }
        }

        ActivateRoles(framework);
        context.Publish(Changed(framework));
        return null;
    }

    /// <summary>A framework that the registry or a returning agent names and that has not subscribed yet.</summary>
    public FrameworkEntry Recover(FrameworkInfo info, DateTimeOffset registered, string? pid = null)
    {
        var framework = Add(info);
        framework.RegisteredTime = registered;
        framework.Pid = pid;
        framework.Recovered = true;
        framework.Touch();

        // While no master was there it could not have come back, however short a time it wants to be waited for.
        StartFailover(framework, Math.Max(info.FailoverTimeout, context.Options.FrameworkReturnTime.TotalSeconds));
        return framework;
    }

    public void StreamClosed(SchedulerStreamId stream)
    {
        if (!book.Streams.TryGetValue(stream, out var framework))
        {
            return;
        }

        Detach(framework, stream);
        if (framework.Info.FailoverTimeout <= 0)
        {
            removal.Remove(framework);
            return;
        }

        StartFailover(framework, framework.Info.FailoverTimeout);
        context.Publish(Changed(framework));
    }

    public void FailoverDue(FrameworkEntry framework, int generation)
    {
        if (generation == framework.FailoverGeneration && book.Frameworks.ContainsKey(framework.Id))
        {
            removal.Remove(framework);
        }
    }

    public void HeartbeatDue(FrameworkEntry framework, int generation)
    {
        if (generation == framework.HeartbeatGeneration && framework.Connected)
        {
            SendHeartbeat(framework);
        }
    }

    private string? Check(
        Call.Types.Subscribe call, FrameworkEntry? known, FrameworkId? id, string? principal, out ConstraintSet? constraints)
    {
        constraints = null;
        if (id is { } asked && book.RemovedFrameworks.ContainsKey(asked))
        {
            return "Framework has been removed";
        }

        var info = call.FrameworkInfo;
        var error = FrameworkValidation.Validate(info)
            ?? FrameworkValidation.ValidateSuppressedRoles(info, call.SuppressedRoles)
            ?? (known is null ? null : FrameworkValidation.ValidateUpdate(known.Info, info, isSubscribe: true));
        if (error is null && principal is not null && info.HasPrincipal
            && !string.Equals(principal, info.Principal, StringComparison.Ordinal))
        {
            error = $"Authenticated principal '{principal}' does not match principal '{info.Principal}' set in FrameworkInfo";
        }

        if (error is null && call.OfferConstraints is { } wire)
        {
            constraints = ConstraintSet.Read(wire, FrameworkValidation.RolesOf(info), out error);
        }

        return error;
    }

    private FrameworkEntry Add(FrameworkInfo info)
    {
        var framework = new FrameworkEntry(info.Id, info, context.Now, context.Options);
        book.Frameworks.Add(framework.Id, framework);
        framework.Slot = book.FrameworkTable.Add(framework.ToRecord());
        return framework;
    }

    private void Admit(SchedulerStreamId stream, FrameworkEntry framework, Call.Types.Subscribe call, ConstraintSet? constraints)
    {
        framework.Suppress(call.SuppressedRoles);
        framework.Constrain(call.OfferConstraints, constraints);
        context.Write(framework);
        Attach(framework, stream, isNew: true);
    }

    private void Readmit(
        SchedulerStreamId stream, FrameworkEntry framework, Call.Types.Subscribe call, ConstraintSet? constraints, string? pid)
    {
        framework.Recovered = false;
        framework.ReregisteredTime = context.Now;

        // Another user or checkpoint flag is silently kept at the old value here.
        var info = call.FrameworkInfo;
        info.User = framework.Info.User;
        if (framework.Info.HasCheckpoint)
        {
            info.Checkpoint = framework.Info.Checkpoint;
        }
        else
        {
            info.ClearCheckpoint();
        }

        if (!IsPid(framework, pid))
        {
            framework.Pid = pid;
            context.Write(framework);
        }

        Change(framework, info, call.SuppressedRoles, call.OfferConstraints, constraints);
        Attach(framework, stream, isNew: false);
    }

    private void Change(
        FrameworkEntry framework, FrameworkInfo info, IEnumerable<string> suppressed, OfferConstraints? wire, ConstraintSet? constraints)
    {
        var rolesBefore = framework.Roles;
        var isChanged = !info.Equals(framework.Info);
        framework.Describe(info);
        framework.Suppress(suppressed);
        framework.Constrain(wire, constraints);
        foreach (var role in rolesBefore)
        {
            if (!framework.HasRole(role))
            {
                offers.RescindRole(framework, role);
                if (framework.Clients.TryGetValue(role, out var client))
                {
                    book.Roles.SetActive(client, false);
                    book.Roles.Forget(client);
                }
            }
        }

        if (isChanged)
        {
            context.Write(framework);
            TellAgents(framework);
        }
    }

    private void Attach(FrameworkEntry framework, SchedulerStreamId stream, bool isNew)
    {
        framework.Attach(stream);
        framework.Deactivated = false;
        framework.FailoverGeneration++;
        book.Streams.Add(stream, framework);

        // Readers see it connected, and hear of it before it can act.
        context.Publish(isNew ? Added(framework) : Changed(framework));
        context.Send(framework, new Event
        {
            Type = Event.Types.Type.Subscribed,
            Subscribed = new Event.Types.Subscribed
            {
                FrameworkId = framework.Info.Id,
                HeartbeatIntervalSeconds = context.Options.SchedulerHeartbeatInterval.TotalSeconds,
                MasterInfo = context.Options.MasterInfo,
            },
        });
        SendHeartbeat(framework);
        ActivateRoles(framework);
    }

    /// <summary>The framework is inactive; its offers die with the stream, its filters are forgotten.</summary>
    private void Detach(FrameworkEntry framework, SchedulerStreamId stream)
    {
        book.Streams.Remove(stream);
        framework.Attach(null);
        framework.HeartbeatGeneration++;
        framework.Questions.Clear();
        offers.WithdrawAllOf(framework);
        inverse.WithdrawAllOf(framework);
        book.Roles.SetLate(framework, false);
        framework.Wishes.Clear();
        foreach (var client in framework.Clients.Values)
        {
            client.Filters.Clear();
            book.Roles.SetActive(client, false);
        }
    }

    private void StartFailover(FrameworkEntry framework, double seconds) => context.Deadlines.Set(
        DeadlineKind.FrameworkFailover,
        framework,
        ++framework.FailoverGeneration,
        SaturatingTime.AddSeconds(context.Now, seconds));

    private void ActivateRoles(FrameworkEntry framework)
    {
        foreach (var role in framework.Roles)
        {
            var client = book.Roles.Client(framework, role);
            client.MinAllocatable = OwnMinimum(framework.Info, role);
            book.Roles.SetActive(client, framework.Active && !framework.SuppressedRoles.Contains(role));
        }

        allocator.Start();
        allocator.RequestAll();
    }

    private static bool IsPid(FrameworkEntry framework, string? pid) =>
        string.Equals(framework.Pid, pid, StringComparison.Ordinal);

    private static List<IReadOnlyDictionary<string, long>>? OwnMinimum(FrameworkInfo info, string role)
    {
        if (!info.OfferFilters.TryGetValue(role, out var filters) || filters.MinAllocatableResources is not { } minimum)
        {
            return null;
        }

        const double MillisPerUnit = 1000;
        var alternatives = new List<IReadOnlyDictionary<string, long>>();
        foreach (var quantities in minimum.Quantities)
        {
            var alternative = new Dictionary<string, long>(StringComparer.Ordinal);
            foreach (var (name, scalar) in quantities.Quantities)
            {
                alternative[name] = (long)Math.Round(scalar.Value * MillisPerUnit);
            }

            alternatives.Add(alternative);
        }

        return alternatives;
    }

    private void SendHeartbeat(FrameworkEntry framework)
    {
        context.Send(framework, new Event { Type = Event.Types.Type.Heartbeat });
        context.Deadlines.Set(
            DeadlineKind.SchedulerHeartbeat,
            framework,
            ++framework.HeartbeatGeneration,
            context.Now + context.Options.SchedulerHeartbeatInterval);
    }

    /// <summary>Agents that run something of the framework; the others learn with their first launch.</summary>
    private void TellAgents(FrameworkEntry framework)
    {
        foreach (var agent in FrameworkRemoval.AgentsOf(framework))
        {
            context.Send(agent, new MasterMessage
            {
                UpdateFramework = new MasterMessage.Types.UpdateFramework { Framework = framework.Info },
            });
        }
    }

    private static MasterEvent Added(FrameworkEntry framework) => new()
    {
        Type = MasterEvent.Types.Type.FrameworkAdded,
        FrameworkAdded = new MasterEvent.Types.FrameworkAdded { Framework = framework.ToRecord().ToWire() },
    };

    private static MasterEvent Changed(FrameworkEntry framework) => new()
    {
        Type = MasterEvent.Types.Type.FrameworkUpdated,
        FrameworkUpdated = new MasterEvent.Types.FrameworkUpdated { Framework = framework.ToRecord().ToWire() },
    };
}
