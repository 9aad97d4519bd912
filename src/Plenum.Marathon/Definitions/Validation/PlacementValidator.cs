namespace Plenum.Marathon.Definitions.Validation;

internal static class PlacementValidator
{
    public static void Validate(RunSpec spec, Report report)
    {
        if (spec.Placement is not { } placement)
        {
            return;
        }

        ValidateRules(spec, placement.Near, report["near"], "CLUSTER");
        ValidateRules(spec, placement.Apart, report["apart"], "UNIQUE or MAX_PER");
        ConstraintValidator.Validate(placement.Prefer.Select(preference => preference.Rule), report["prefer"]);
        foreach (var (near, at) in placement.Near.AsEnumerable().Select((rule, at) => (rule, at)))
        {
            if (near.IsHard && placement.Apart.Any(apart => apart.IsHard && apart.App == near.App && apart.Topology == near.Topology))
            {
                report["near"].At(at).Add($"contradicts apart: both speak of {near.App} on {near.Topology}");
            }
        }
    }

    private static void ValidateRules(RunSpec spec, ValueList<PlacementRule> rules, Report report, string instead)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            if (rules[i].App == spec.Id)
            {
                report.At(i)["app"].Add($"must name another app or pod: for instances of this one there are the constraints {instead}");
            }
            else if (rules[i].App.IsRoot)
            {
                report.At(i)["app"].Add("must name an app or a pod");
            }
        }
    }
}
