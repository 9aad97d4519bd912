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

        foreach (var (name, value) in app.Env)
        {
            if (value is EnvironmentValue.Secret secret)
            {
                Check(app, secret.Name, enabled, report["env"].At(name)["secret"]);
            }
        }

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

    private static void Check(AppDefinition app, string name, bool enabled, Report report)
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
