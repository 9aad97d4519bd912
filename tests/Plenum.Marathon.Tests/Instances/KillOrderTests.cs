using System.Collections.Immutable;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Instances;

namespace Plenum.Marathon.Tests.Instances;

public sealed class KillOrderTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _sequence;

    [Fact]
    public void Who_has_least_to_lose_goes_first()
    {
        Instance running = Make(Condition.Running), staging = Make(Condition.Staging), lost = Make(Condition.Unreachable),
            waiting = Make(Condition.Scheduled), starting = Make(Condition.Starting);
        KillOrder.Select(App(), [running, staging, lost, waiting, starting], 4, [])
            .ShouldBe([waiting, lost, staging, starting]);
    }

    [Fact]
    public void Kill_selection_orders_by_age_and_sentences_come_before_everything()
    {
        Instance old = Make(Condition.Running), middle = Make(Condition.Running), young = Make(Condition.Running);
        KillOrder.Select(App(), [old, middle, young], 1, []).ShouldBe([young]);
        KillOrder.Select(App() with { KillSelection = KillSelection.OldestFirst }, [old, middle, young], 1, []).ShouldBe([old]);
        KillOrder.Select(App(), [old, middle, young], 1, [middle.Id]).ShouldBe([middle]);
    }

    [Fact]
    public void Groups_stay_even_when_a_service_shrinks()
    {
        Instance a1 = Make(Condition.Running, "a"), a2 = Make(Condition.Running, "a"), a3 = Make(Condition.Running, "a"),
            b1 = Make(Condition.Running, "b");
        var app = App() with { Constraints = [new Constraint("hostname", ConstraintOperator.GroupBy, "2")] };
        KillOrder.Select(app, [a1, a2, a3, b1], 2, []).ShouldBe([a3, a2]);
    }

    private static AppDefinition App() => new() { Id = PathId.Parse("/web") };

    private Instance Make(Condition condition, string host = "a")
    {
        var sequence = ++_sequence;
        return new Instance
        {
            Id = new InstanceId($"web.instance-{sequence}"),
            App = PathId.Parse("/web"),
            Version = Timestamp.From(Start),
            Role = "*",
            Goal = Goal.Running,
            Condition = condition,
            Since = Start,
            Incarnation = 1,
            Sequence = sequence,
            StartedAt = Start.AddSeconds(sequence),
            Place = condition == Condition.Scheduled
                ? null
                : new AgentPlace(host, host, null, null, ImmutableSortedDictionary<string, string>.Empty),
        };
    }
}
