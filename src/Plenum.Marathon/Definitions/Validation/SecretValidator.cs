namespace Plenum.Marathon.Definitions.Validation;

/// <summary>Secrets are referred to by the names that the app's own <c>secrets</c> define.</summary>
internal static class SecretValidator
{
    private const string NotEnabled = "Feature secrets is not enabled. Enable with --enable_features secrets";

    public static void Validate(AppDefinition app, DefinitionOptions options, Report report)
    {
        var enabled = options.Features.HasFlag(MarathonFeatures.Secrets);
        if (!app.Secrets.IsEmpty && !enabled)
        {
            report["secrets"].Add(NotEnabled);
        }

        CheckEnvironment(app, app.Env, enabled, report["env"]);
        var volumes = app.Container?.Volumes ?? [];
        for (var i = 0; i < volumes.Count; i++)
        {
            if (volumes[i] is Volume.Secret secret)
            {
                Check(app, secret.SecretName, enabled, report["container"]["volumes"].At(i)["secret"]);
            }
        }

        if (app.Container?.Docker?.PullConfigSecret is { } pullConfig)
        {
            Check(app, pullConfig, enabled, report["container"]["docker"]["pullConfig"]["secret"]);
        }
    }

    /// <inheritdoc cref="Validate(AppDefinition, DefinitionOptions, Report)"/>
    public static void Validate(PodDefinition pod, DefinitionOptions options, Report report)
    {
        var enabled = options.Features.HasFlag(MarathonFeatures.Secrets);
        if (!pod.Secrets.IsEmpty && !enabled)
        {
            report["secrets"].Add(NotEnabled);
        }

        CheckEnvironment(pod, pod.Environment, enabled, report["environment"]);
        for (var i = 0; i < pod.Volumes.Count; i++)
        {
            if (pod.Volumes[i] is PodVolume.Secret secret)
            {
                Check(pod, secret.SecretName, enabled, report["volumes"].At(i)["secret"]);
            }
        }

        for (var i = 0; i < pod.Containers.Count; i++)
        {
            var at = report["containers"].At(i);
            CheckEnvironment(pod, pod.Containers[i].Environment, enabled, at["environment"]);
            if (pod.Containers[i].Image?.PullConfigSecret is { } pullConfig)
            {
                Check(pod, pullConfig, enabled, at["image"]["pullConfig"]["secret"]);
            }
        }
    }

    private static void CheckEnvironment(RunSpec spec, ValueMap<EnvironmentValue> environment, bool enabled, Report report)
    {
        foreach (var (name, value) in environment)
        {
            if (value is EnvironmentValue.Secret secret)
            {
                Check(spec, secret.Name, enabled, report.At(name)["secret"]);
            }
        }
    }

    private static void Check(RunSpec app, string name, bool enabled, Report report)
    {
        if (!enabled)
        {
            report.Add(NotEnabled);
        }
        else if (!app.Secrets.ContainsKey(name))
        {
            report.Add("references an undefined secret");
        }
    }
}
