namespace Plenum.Marathon.Definitions.Reading;

/// <summary>Reads <c>canary</c> of an upgrade strategy: one step as it is, or several in <c>steps</c>.</summary>
internal static class CanaryReader
{
    /// <summary>More halts than anybody sits through in one update.</summary>
    private const int MaxSteps = 100;

    public static ValueList<CanaryStep> Read(JsonField canary)
    {
        if (!canary.IsPresent || !canary.RequireObject())
        {
            return [];
        }

        if (!canary["steps"].IsPresent)
        {
            return ReadStep(canary) is { } only ? [only] : [];
        }

        if (canary.MemberNames().Any(name => name is "instances" or "autoPromote" or "pauseSeconds"))
        {
            canary.Refuse("must have either steps or instances, not both");
        }

        var steps = canary["steps"].List(ReadStep, MaxSteps) ?? [];
        for (var i = 1; i < steps.Count; i++)
        {
            if (steps[i].Instances <= steps[i - 1].Instances)
            {
                canary["steps"].Refuse("each step must have more instances than the one before it");
                break;
            }
        }

        return steps;
    }

    private static CanaryStep? ReadStep(JsonField step)
    {
        if (!step.RequireObject())
        {
            return null;
        }

        if (!step["instances"].IsPresent)
        {
            step["instances"].Refuse("error.path.missing");
            return null;
        }

        var autoPromote = step["autoPromote"].Boolean() ?? false;
        var pause = step["pauseSeconds"].Integer(0, Bounds.MaxSeconds);
        if (pause is not null && !autoPromote)
        {
            step["pauseSeconds"].Refuse("has no effect without autoPromote: set that to true, or leave this out");
        }

        return step["instances"].Integer(1, Bounds.MaxInstances) is { } instances
            ? new CanaryStep(instances) { AutoPromote = autoPromote, PauseSeconds = pause ?? 0 }
            : null;
    }
}
