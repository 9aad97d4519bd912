using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;
using Plenum.Marathon.Matching;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Scheduler;
using Operation = Plenum.Protocol.V1.Offer.Types.Operation;

namespace Plenum.Marathon.LaunchQueue;

/// <summary>An offer on the table, and what became of it in this turn.</summary>
internal sealed class OfferTable(Offer offer, AgentPlace place)
{
    // While the ceiling of launches under way is reached, offers are wanted again soon, not after two minutes.
    private const double BusyDeclineSeconds = 5;

    public Offer Offer { get; } = offer;

    public AgentPlace Place { get; } = place;

    public string Role { get; } = offer.AllocationInfo is { HasRole: true } allocation ? allocation.Role : "*";

    public OfferPool Pool { get; } = OfferPool.Of(offer);

    public List<TaskInfo> Tasks { get; } = [];

    /// <summary>Launches of pods, one operation an instance.</summary>
    public List<Operation> Groups { get; } = [];

    /// <summary>Reservations made and taken apart; they come before the launches.</summary>
    public List<Operation> Operations { get; } = [];

    /// <summary>Definitions of which nothing more fits.</summary>
    public HashSet<(PathId App, Timestamp Version)> Refused { get; } = [];

    public HashSet<PathId> Used { get; } = [];

    public bool WasBusy { get; set; }

    /// <summary>The answer to the offer.</summary>
    public Call Answer(TimeSpan declineDuration)
    {
        if (Tasks.Count == 0 && Groups.Count == 0 && Operations.Count == 0)
        {
            return new Call
            {
                Type = Call.Types.Type.Decline,
                Decline = new Call.Types.Decline
                {
                    OfferIds = { Offer.Id },
                    Filters = new Filters { RefuseSeconds = WasBusy ? BusyDeclineSeconds : declineDuration.TotalSeconds },
                },
            };
        }

        var accept = new Call.Types.Accept { OfferIds = { Offer.Id } };
        accept.Operations.AddRange(Operations);
        if (Tasks.Count > 0)
        {
            var launch = new Operation.Types.Launch();
            launch.TaskInfos.AddRange(Tasks);
            accept.Operations.Add(new Operation { Type = Operation.Types.Type.Launch, Launch = launch });
        }

        accept.Operations.AddRange(Groups);
        if (Operations.Count > 0)
        {
            // What was reserved is wanted back at once, as an offer that a task can be launched on.
            accept.Filters = new Filters { RefuseSeconds = 0 };
        }

        return new Call { Type = Call.Types.Type.Accept, Accept = accept };
    }
}
