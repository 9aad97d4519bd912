using System.Text.RegularExpressions;

namespace Plenum.Marathon.Definitions.Validation;

/// <summary>What a canonical definition must hold by itself, whatever else the cluster runs.</summary>
internal static partial class AppValidator
{
    public static void Validate(AppDefinition app, DefinitionOptions options, Violations violations) =>
        Validate(app, options, new Report(violations, FieldPath.Root));

    public static void Validate(AppDefinition app, DefinitionOptions options, Report report)
    {
        ValidateIdentity(app, report);
        ValidateCommand(app, report);
        ValidateResources(app, options, report);
        ConstraintValidator.Validate(app.Constraints, report["constraints"]);
        PlacementValidator.Validate(app, report["placement"]);
        NetworkValidator.Validate(app, report);
        if (app.Container is not null)
        {
            ContainerValidator.Validate(app, app.Container, options, report["container"]);
        }

        CheckValidator.Validate(app, report);
        ValidateStrategies(app, report);
        ValidateLabels(app, report);
        ServiceRules.ValidateAcceptedRoles(app, report["acceptedResourceRoles"]);
        SecretValidator.Validate(app, options, report);
        ServiceRules.ValidateDaemon(app, report["constraints"], report["container"]["volumes"]);
    }

    private static void ValidateIdentity(AppDefinition app, Report report)
    {
        ServiceRules.ValidateId(app.Id, report["id"]);
        if (app.Dependencies.Contains(app.Id))
        {
            report["dependencies"].Add("must not name the app itself");
        }
    }

    private static void ValidateCommand(AppDefinition app, Report report)
    {
        var runsByItself = app.Container is { Type: ContainerEngine.Mesos } or { Docker: not null };
        var both = app.Cmd is not null && !app.Args.IsEmpty;
        var none = app.Cmd is null && app.Args.IsEmpty;
        if (both || (none && !runsByItself))
        {
            report.Add("AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.");
        }

        if (!ExecutorForm().IsMatch(app.Executor))
        {
            report["executor"].Add("must be empty, //cmd or the path of an executor");
        }
    }

    private static void ValidateResources(AppDefinition app, DefinitionOptions options, Report report)
    {
        ServiceRules.ValidateLimits(app.ResourceLimits, app.Cpus, app.Mem, report["resourceLimits"]);
        if (app.Gpus == 0)
        {
            return;
        }

        if (!options.Features.HasFlag(MarathonFeatures.GpuResources))
        {
            report["gpus"].Add("Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources");
        }
        else if (app.Container is { Type: ContainerEngine.Docker })
        {
            report["gpus"].Add("must be 0 with the Docker engine: use a container of type MESOS");
        }
    }

    private static void ValidateStrategies(AppDefinition app, Report report)
    {
        ServiceRules.ValidateUnreachable(app, report["unreachableStrategy"]);
        if ((app.IsResident || app.HasExternalVolumes) && app.UpgradeStrategy.MaximumOverCapacity != 0)
        {
            report["upgradeStrategy"]["maximumOverCapacity"].Add("must be 0 for an app with persistent or external volumes");
        }
    }

    private static void ValidateLabels(AppDefinition app, Report report)
    {
        if (app.IsSingleInstance)
        {
            if (app.IsDaemon)
            {
                report["mode"].Add($"must be service with the label {AppDefinition.SingleInstanceLabel}");
            }

            if (app.Instances > 1)
            {
                report["instances"].Add($"must be 0 or 1 with the label {AppDefinition.SingleInstanceLabel}");
            }

            if (app.UpgradeStrategy is not { MinimumHealthCapacity: 0, MaximumOverCapacity: 0 })
            {
                report["upgradeStrategy"].Add(
                    $"minimumHealthCapacity and maximumOverCapacity must be 0 with the label {AppDefinition.SingleInstanceLabel}");
            }
        }

        if (app.Labels.TryGetValue("DCOS_MIGRATION_API_VERSION", out var migrationVersion))
        {
            if (migrationVersion != "v1")
            {
                report["labels"].At("DCOS_MIGRATION_API_VERSION").Add("must be v1");
            }

            foreach (var needed in new[] { "DCOS_PACKAGE_FRAMEWORK_NAME", "DCOS_MIGRATION_API_PATH" })
            {
                if (!app.Labels.TryGetValue(needed, out var value) || value.Length == 0)
                {
                    report["labels"].Add($"{needed} must be set together with DCOS_MIGRATION_API_VERSION");
                }
            }
        }
    }

    [GeneratedRegex(@"^(//cmd|/?[^/]+(/[^/]+)*|)\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex ExecutorForm();
}
