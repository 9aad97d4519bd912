using Plenum.Kernel.Commands;
using Plenum.Kernel.Invariants;
using Plenum.Kernel.Maintenance;
using Plenum.Kernel.Offers;
using Plenum.Kernel.Operations;
using Plenum.Kernel.Snapshots;
using Plenum.Kernel.Tasks;
using Plenum.Protocol.Identity;
using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Allocator;

namespace Plenum.Kernel.Agents;

/// <summary>
/// One agent and who holds its resources. At any moment total = available + offered + used + held by
/// operations of its resource providers, with what an ACCEPT at hand has taken out of its offers on top. Shared volumes are
/// outside of that sum: one copy stays available while others are offered and used, until an operation consumes it.
/// </summary>
internal sealed class AgentEntry(AgentId id, AgentInfo info, DateTimeOffset registered)
{
    private AgentRecord? _record;
    private AgentRecord? _shown;

    public AgentId Id { get; } = id;

    /// <summary>With <c>id</c> set; replaced, never changed.</summary>
    public AgentInfo Info { get; private set; } = info;

    public IReadOnlyList<AgentInfo.Types.Capability> Capabilities { get; private set; } = [];

    public IReadOnlyCollection<AgentInfo.Types.Capability.Types.Type> CapabilityTypes { get; private set; } = [];

    public string Version { get; private set; } = string.Empty;

    public Address? Address { get; private set; }

    public AgentStanding Standing { get; set; }

    public AgentLinkId? Link { get; set; }

    public DateTimeOffset RegisteredTime { get; } = registered;

    public DateTimeOffset? ReregisteredTime { get; set; }

    /// <summary>When it became unreachable or gone.</summary>
    public DateTimeOffset? LostTime { get; set; }

    /// <summary>
    /// The agent has used the id it was given; until then a registration without id repeats the first. In the
    /// registry.
    /// </summary>
    public bool Confirmed { get; set; }

    public ResourceSet Total { get; private set; } = ResourceSet.Empty;

    /// <summary>Free; without allocation roles.</summary>
    public ResourceSet Available { get; private set; } = ResourceSet.Empty;

    /// <summary>Held by tasks and executors; with allocation roles.</summary>
    public ResourceSet Used { get; private set; } = ResourceSet.Empty;

    /// <summary>In offers; with allocation roles.</summary>
    public ResourceSet Offered { get; private set; } = ResourceSet.Empty;

    /// <summary>Taken out of offers by the ACCEPT at hand; with allocation roles.</summary>
    public ResourceSet InHand { get; private set; } = ResourceSet.Empty;

    /// <summary>
    /// What operations under way at resource providers consume; without allocation roles. It is nobody's until
    /// the provider says what became of it.
    /// </summary>
    public ResourceSet Converting { get; private set; } = ResourceSet.Empty;

    /// <summary>Besides the agent's own resources; what each has is that part of <see cref="Total"/> which names it.</summary>
    public IReadOnlyList<ProviderRecord> Providers { get; private set; } = [];

    /// <summary>
    /// The agent now reports less than its tasks hold (a disk vanished, its configuration shrank). Nothing
    /// of it is offered until enough tasks ended.
    /// </summary>
    public bool Overcommitted { get; private set; }

    /// <summary>Offered only to frameworks that ask for GPUs, even when all of them are in use.</summary>
    public bool HasGpus { get; private set; }

    public List<TaskEntry> Tasks { get; } = [];

    public List<OfferEntry> Offers { get; } = [];

    public Dictionary<(FrameworkId Framework, ExecutorId Executor), ExecutorEntry> Executors { get; } = [];

    /// <summary>In the order in which the agent gets them.</summary>
    public List<OperationEntry> Operations { get; } = [];

    /// <summary>It waits for its turn to be declared unreachable.</summary>
    public bool RemovalAwaited { get; set; }

    /// <summary><see cref="ReturnGeneration"/> when that was asked for last: at another one it has come back since.</summary>
    public int RemovalGeneration { get; set; }

    /// <summary>The registry names tasks that ran on it when it was lost.</summary>
    public bool HasLostTasks { get; set; }

    public RegistrationOrder Registrations { get; } = new();

    public int Slot { get; set; } = -1;

    /// <summary>Waits in the allocator's list of agents worth a look.</summary>
    public bool IsCandidate { get; set; }

    public ulong PingSequence { get; set; }

    public int UnansweredPings { get; set; }

    public int PingGeneration { get; set; }

    public int ReturnGeneration { get; set; }

    public bool Connected => Link is not null;

    public bool Active => Standing == AgentStanding.Registered && Connected;

    /// <summary>Takes part in offers.</summary>
    public bool IsOfferable => Active && !Deactivated;

    /// <summary>An operator wants no more offers of it; so while it drains and after.</summary>
    public bool Deactivated { get; set; }

    public DrainInfo? Drain { get; set; }

    public DateTimeOffset? DrainStarted { get; set; }

    /// <summary>When its machine is to be maintained.</summary>
    public Unavailability? Unavailability { get; set; }

    /// <summary>At most one a framework.</summary>
    public Dictionary<FrameworkId, InverseOfferEntry> InverseOffers { get; } = [];

    /// <summary>What frameworks last answered to an inverse offer, for the operator.</summary>
    public Dictionary<FrameworkId, InverseOfferStatus> MaintenanceAnswers { get; } = [];

    /// <summary>
    /// The table of the snapshots does not have the newest record yet. Not the same as having none: an
    /// event for the operators makes one too.
    /// </summary>
    public bool IsDirty => _record is null || !ReferenceEquals(_record, _shown);

    public void Shown() => _shown = _record;

    public void Describe(
        AgentInfo info, IReadOnlyList<AgentInfo.Types.Capability> capabilities, string version, Address? address)
    {
        Info = info;
        Capabilities = capabilities;
        CapabilityTypes = [.. capabilities.Select(static capability => capability.Type)];
        Version = version;
        Address = address;
        _record = null;
    }

    public bool Can(AgentInfo.Types.Capability.Types.Type capability) => CapabilityTypes.Contains(capability);

    public void Touch() => _record = null;

    /// <summary>Only while nothing is offered or in hand.</summary>
    public void SetTotal(ResourceSet total)
    {
        Invariant.Check(Offered.IsEmpty && InHand.IsEmpty, $"total of {Id} changes under its offers");
        Total = total;
        HasGpus = total.Millis("gpus") > 0;
        Recompute();
    }

    /// <param name="bare">What is free so far.</param>
    /// <param name="resources">The same with the role it is offered to.</param>
    public void TakeForOffer(ResourceSet bare, ResourceSet resources)
    {
        Invariant.Check(Available.Contains(bare), $"{Id} offers what it has not: {bare} of {Available}");
        Available -= bare.NonShared;
        Offered += resources;
        _record = null;
    }

    /// <summary>From an offer into the hand of the ACCEPT that consumes it.</summary>
    public void TakeInHand(ResourceSet offer)
    {
        Invariant.Check(Offered.Contains(offer), $"{Id} takes back an offer it has not made: {offer} of {Offered}");
        Offered -= offer;
        InHand += offer;
        _record = null;
    }

    /// <summary>From the hand to a task or executor. A shared volume stays in the hand too, for the next one.</summary>
    public void UseFromHand(ResourceSet resources)
    {
        Invariant.Check(InHand.Contains(resources.SharedOnce), $"{Id} books more than was accepted: {resources} of {InHand}");
        InHand -= resources.NonShared;
        Used += resources;
        _record = null;
    }

    public void ReturnFromHand(ResourceSet resources)
    {
        Invariant.Check(InHand.Contains(resources), $"{Id} gets back more than was accepted: {resources} of {InHand}");
        InHand -= resources;
        Free(resources);
    }

    /// <summary>An operation of the ACCEPT at hand turns some of its resources into others.</summary>
    public void ConvertInHand(ResourceConversion conversion)
    {
        Invariant.Check(
            InHand.Contains(conversion.Consumed), $"{Id} converts more than was accepted: {conversion.Consumed} of {InHand}");
        InHand = InHand - conversion.Consumed + conversion.Converted;
        ConvertTotal(conversion);
        RecomputeShared(conversion.Consumed, conversion.Converted);
    }

    /// <summary>An operator's operation turns some of the free resources into others.</summary>
    public void ConvertAvailable(ResourceConversion conversion)
    {
        Invariant.Check(
            Available.Contains(conversion.Consumed), $"{Id} converts more than is free: {conversion.Consumed} of {Available}");
        Available = Available - conversion.Consumed + conversion.Converted;
        ConvertTotal(conversion);
    }

    public void SetProviders(IReadOnlyList<ProviderRecord> providers)
    {
        Providers = providers;
        _record = null;
    }

    public ProviderRecord? Provider(string id)
    {
        foreach (var provider in Providers)
        {
            if (string.Equals(provider.Id, id, StringComparison.Ordinal))
            {
                return provider;
            }
        }

        return null;
    }

    /// <summary>An operation of a provider takes them out of the hand of the ACCEPT that asked for it.</summary>
    public void HoldFromHand(ResourceSet resources)
    {
        Invariant.Check(InHand.Contains(resources), $"{Id} hands over more than was accepted: {resources} of {InHand}");
        InHand -= resources;
        Converting += resources.Unallocated;
        _record = null;
        RecomputeShared(resources, ResourceSet.Empty);
    }

    /// <summary>The same by an operator's word, of what is free.</summary>
    public void HoldAvailable(ResourceSet resources)
    {
        Invariant.Check(Available.Contains(resources), $"{Id} hands over more than is free: {resources} of {Available}");
        Available -= resources;
        Converting += resources;
        _record = null;
    }

    /// <summary>What a returning agent says its providers are at work on.</summary>
    public void HoldAsReported(ResourceSet resources)
    {
        Converting += resources;
        Recompute();
    }

    /// <summary>
    /// The operation that held them is over. <paramref name="made"/> is what it made of them; null when it made nothing,
    /// or when the total has it already.
    /// </summary>
    public void EndHold(ResourceSet held, ResourceSet? made)
    {
        Invariant.Check(Converting.Contains(held), $"{Id} ends an operation on {held} and {Converting} is under way");
        Converting -= held;
        if (made is not null && Total.Contains(held))
        {
            Total = Total - held + made;
        }

        Recompute();
    }

    /// <summary>What a returning agent says its tasks hold. It is the truth even where it exceeds the total.</summary>
    public void UseAsReported(ResourceSet resources)
    {
        Used += resources;
        Recompute();
    }

    public void ReleaseUsed(ResourceSet resources)
    {
        Invariant.Check(Used.Contains(resources), $"{Id} frees what is not used: {resources} of {Used}");
        Used -= resources;
        Free(resources.NonShared);
    }

    public AgentRecord ToRecord() => _record ??= new AgentRecord
    {
        Id = Id,
        Standing = Standing,
        Info = Info,
        Capabilities = Capabilities,
        Version = Version,
        Address = Address,
        Connected = Connected,
        Active = IsOfferable,
        Deactivated = Deactivated,
        Drain = Drain,
        DrainStarted = DrainStarted,
        RegisteredTime = RegisteredTime,
        ReregisteredTime = ReregisteredTime,
        UnreachableTime = LostTime,
        Total = Total,
        Providers = Providers,
        Used = Used,
        Offered = Offered,
    };

    // Roles, frameworks and the cluster count amounts by name: those must not change on the way.
    private void ConvertTotal(ResourceConversion conversion)
    {
        var (consumed, converted) = (conversion.Consumed.Unallocated, conversion.Converted.Unallocated);
        Invariant.Check(
            consumed.Quantities.Equals(converted.Quantities), $"an operation on {Id} makes {converted} of {consumed}");
        Invariant.Check(Total.Contains(consumed), $"{Id} converts what it has not: {consumed} of {Total}");
        Total = Total - consumed + converted;
        _record = null;
    }

    private void Free(ResourceSet resources)
    {
        // A volume comes back from a task as the task mounted it; what is offered again is as it was made.
        if (Overcommitted || !resources.PersistentVolumes.IsEmpty)
        {
            Recompute();
            return;
        }

        Available += resources.Unallocated;
        _record = null;
    }

    // The copy that is available is of no offer: it comes and goes with the volume itself.
    private void RecomputeShared(ResourceSet consumed, ResourceSet converted)
    {
        if (!consumed.Shared.IsEmpty || !converted.Shared.IsEmpty)
        {
            Recompute();
        }
    }

    private void Recompute()
    {
        var held = (Used + Offered + InHand).NonShared.Unallocated + Converting;
        Overcommitted = !Total.Contains(held) || !Total.Contains(Used.Shared.Unallocated.SharedOnce);
        Available = Overcommitted ? ResourceSet.Empty : Total - held;
        _record = null;
    }
}
