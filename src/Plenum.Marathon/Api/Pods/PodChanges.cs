using Plenum.Marathon.Core;
using Plenum.Marathon.Definitions;
using Plenum.Marathon.Definitions.Validation;

namespace Plenum.Marathon.Api.Pods;

/// <summary>Changes of single pods, as functions from one root group to the next. Pods are written whole or not at all.</summary>
internal sealed class PodChanges(DefinitionOptions options)
{
    public RootChange Create(Group root, PodUpdate update, Timestamp version)
    {
        var id = update.Pod.Id;
        if (root.FindSpec(id) is { } taken)
        {
            return Refuse(new ApiProblem(409, $"{(taken is PodDefinition ? "A pod" : "An app")} with id [{id}] already exists."));
        }

        return root.FindGroup(id) is { IsEmpty: false }
            ? Refuse(new ApiProblem(409, $"A group with id [{id}] already exists."))
            : Put(root, update, version);
    }

    public RootChange Put(Group root, PodUpdate update, Timestamp version)
    {
        var violations = new Violations();
        var report = new Report(violations, FieldPath.Root);
        var id = update.Pod.Id;
        var enforces = RoleRules.Enforces(id, root);
        var pod = PodBuilder.Build(update, options, RoleRules.DefaultRole(id, enforces, options));
        PodValidator.Validate(pod, options, report);
        RoleRules.Validate(pod, root.FindPod(id), enforces, options, report);
        ServiceRules.ValidatePlace(root, pod, report);
        return violations.Any
            ? Refuse(ApiProblem.Invalid(violations))
            : new RootChange.Accepted(root.WithSpec(pod, version));
    }

    public static RootChange Delete(Group root, PathId id, Timestamp version) =>
        root.FindPod(id) is null
            ? Refuse(ApiProblem.NoSuchPod(id))
            : new RootChange.Accepted(root.WithoutSpec(id, version));

    /// <summary>The definition stays; the update names the pod as one to replace.</summary>
    public static RootChange Restart(Group root, PathId id) =>
        root.FindPod(id) is null ? Refuse(ApiProblem.NoSuchPod(id)) : new RootChange.Accepted(root);

    private static RootChange.Refused Refuse(ApiProblem problem) => new(problem);
}
