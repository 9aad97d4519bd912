using System.Buffers;
using System.Text.Json;

namespace Plenum.Marathon.Definitions.Writing;

/// <summary>
/// Prints a definition as clients read it: which members are always there and which are left out when empty is part
/// of the API. Legacy members are never printed.
/// </summary>
internal static class AppWriter
{
    public static byte[] ToJson(AppDefinition app)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, app);
        }

        return buffer.WrittenSpan.ToArray();
    }

    public static void Write(Utf8JsonWriter writer, AppDefinition app)
    {
        writer.WriteStartObject();
        WriteMembers(writer, app);
        writer.WriteEndObject();
    }

    /// <summary>The members without the braces, so that a reader's view can add what it knows beside them.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, AppDefinition app)
    {
        writer.WriteString("id", app.Id.Text);
        writer.WriteOptional("cmd", app.Cmd);
        writer.WriteTexts("args", app.Args, omitEmpty: true);
        writer.WriteOptional("user", app.User);
        WriteEnvironment(writer, "env", app.Env, omitEmpty: true);
        WriteResources(writer, app);
        writer.WriteString("executor", app.Executor);
        WriteConstraints(writer, "constraints", app.Constraints, omitEmpty: true);
        PlacementWriter.Write(writer, app.Placement);
        if (!app.Fetch.IsEmpty)
        {
            WriteArtifacts(writer, "fetch", app.Fetch);
        }

        if (app.Container is not null)
        {
            ContainerWriter.Write(writer, app.Container);
        }

        NetworkWriter.WriteNetworks(writer, app.Networks);
        if (app.IsHostMode)
        {
            NetworkWriter.WritePortDefinitions(writer, app.PortDefinitions);
        }

        writer.WriteBoolean("requirePorts", app.RequirePorts);
        CheckWriter.Write(writer, app);
        writer.WriteDouble("backoffFactor", app.BackoffFactor);
        writer.WriteNumber("backoffSeconds", app.BackoffSeconds);
        writer.WriteNumber("maxLaunchDelaySeconds", app.MaxLaunchDelaySeconds);
        if (app.TaskKillGracePeriodSeconds is { } grace)
        {
            writer.WriteNumber("taskKillGracePeriodSeconds", grace);
        }

        WriteStrategies(writer, app);
        WriteDependencies(writer, app.Dependencies, omitEmpty: true);
        writer.WriteMap("labels", app.Labels);
        writer.WriteTexts("acceptedResourceRoles", app.AcceptedResourceRoles, omitEmpty: true);
        writer.WriteString("role", app.Role);
        WriteSecrets(writer, app.Secrets, omitEmpty: true);
        if (app.Tty is { } tty)
        {
            writer.WriteBoolean("tty", tty);
        }

        writer.WriteString("version", app.Version.ToString());
        if (app.VersionInfo is { } info)
        {
            writer.WriteStartObject("versionInfo");
            writer.WriteString("lastScalingAt", info.LastScalingAt.ToString());
            writer.WriteString("lastConfigChangeAt", info.LastConfigChangeAt.ToString());
            writer.WriteEndObject();
        }
    }

    public static void WriteDependencies(Utf8JsonWriter writer, ValueList<PathId> dependencies, bool omitEmpty)
    {
        if (omitEmpty && dependencies.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray("dependencies");
        foreach (var dependency in dependencies)
        {
            writer.WriteStringValue(dependency.Text);
        }

        writer.WriteEndArray();
    }

    internal static void WriteConstraints(
        Utf8JsonWriter writer,
        string name,
        ValueList<Constraint> constraints,
        bool omitEmpty)
    {
        if (omitEmpty && constraints.IsEmpty)
        {
            return;
        }

        writer.WriteStartArray(name);
        foreach (var constraint in constraints)
        {
            writer.WriteStartArray();
            writer.WriteStringValue(constraint.Field);
            writer.WriteStringValue(WireNames.ConstraintOperators.Of(constraint.Operator));
            if (constraint.Value is not null)
            {
                writer.WriteStringValue(constraint.Value);
            }

            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    internal static void WriteEnvironment(
        Utf8JsonWriter writer, string name, ValueMap<EnvironmentValue> environment, bool omitEmpty)
    {
        if (omitEmpty && environment.IsEmpty)
        {
            return;
        }

        writer.WriteStartObject(name);
        foreach (var (key, value) in environment)
        {
            if (value is EnvironmentValue.Secret secret)
            {
                writer.WriteStartObject(key);
                writer.WriteString("secret", secret.Name);
                writer.WriteEndObject();
            }
            else
            {
                writer.WriteString(key, ((EnvironmentValue.Text)value).Value);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteResources(Utf8JsonWriter writer, AppDefinition app)
    {
        writer.WriteNumber("instances", app.Instances);
        if (app.IsDaemon)
        {
            writer.WriteString("mode", WireNames.ServiceModes.Of(ServiceMode.Daemon));
        }

        writer.WriteDouble("cpus", app.Cpus);
        writer.WriteDouble("mem", app.Mem);
        writer.WriteDouble("disk", app.Disk);
        writer.WriteNumber("gpus", app.Gpus);
        WriteLimits(writer, app.ResourceLimits);
        if (app.ExecutorResources is { } executor)
        {
            WriteExecutorResources(writer, executor);
        }
    }

    internal static void WriteExecutorResources(Utf8JsonWriter writer, ExecutorResources executor)
    {
        writer.WriteStartObject("executorResources");
        writer.WriteDouble("cpus", executor.Cpus);
        writer.WriteDouble("mem", executor.Mem);
        writer.WriteDouble("disk", executor.Disk);
        writer.WriteEndObject();
    }

    internal static void WriteLimits(Utf8JsonWriter writer, ResourceLimits? limits)
    {
        if (limits is null)
        {
            return;
        }

        writer.WriteStartObject("resourceLimits");
        WriteLimit(writer, "cpus", limits.Cpus);
        WriteLimit(writer, "mem", limits.Mem);
        writer.WriteEndObject();
    }

    private static void WriteLimit(Utf8JsonWriter writer, string name, double? limit)
    {
        if (limit is null)
        {
            return;
        }

        if (double.IsPositiveInfinity(limit.Value))
        {
            writer.WriteString(name, "unlimited");
        }
        else
        {
            writer.WriteDouble(name, limit.Value);
        }
    }

    internal static void WriteArtifacts(Utf8JsonWriter writer, string name, ValueList<FetchArtifact> fetch)
    {
        writer.WriteStartArray(name);
        foreach (var artifact in fetch)
        {
            writer.WriteStartObject();
            writer.WriteString("uri", artifact.Uri);
            writer.WriteBoolean("extract", artifact.Extract);
            writer.WriteBoolean("executable", artifact.Executable);
            writer.WriteBoolean("cache", artifact.Cache);
            writer.WriteOptional("destPath", artifact.DestPath);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteStrategies(Utf8JsonWriter writer, AppDefinition app)
    {
        writer.WriteStartObject("upgradeStrategy");
        writer.WriteDouble("maximumOverCapacity", app.UpgradeStrategy.MaximumOverCapacity);
        writer.WriteDouble("minimumHealthCapacity", app.UpgradeStrategy.MinimumHealthCapacity);
        WriteAutoRevert(writer, app.UpgradeStrategy);
        WriteCanary(writer, app.UpgradeStrategy);
        writer.WriteEndObject();
        WriteUnreachable(writer, app.UnreachableStrategy);
        writer.WriteString("killSelection", WireNames.KillSelections.Of(app.KillSelection));
        if (app.Residency is { } residency)
        {
            writer.WriteStartObject("residency");
            writer.WriteNumber("relaunchEscalationTimeoutSeconds", residency.RelaunchEscalationTimeoutSeconds);
            writer.WriteString("taskLostBehavior", WireNames.TaskLostBehaviors.Of(residency.TaskLostBehavior));
            writer.WriteEndObject();
        }
    }

    /// <summary>Only where it is asked for: clients of Marathon meet no member that they do not know.</summary>
    internal static void WriteAutoRevert(Utf8JsonWriter writer, UpgradeStrategy strategy)
    {
        if (strategy.AutoRevert)
        {
            writer.WriteBoolean("autoRevert", true);
            writer.WriteNumber("progressDeadlineSeconds", strategy.ProgressDeadlineSeconds);
        }
    }

    /// <inheritdoc cref="WriteAutoRevert"/>
    internal static void WriteCanary(Utf8JsonWriter writer, UpgradeStrategy strategy)
    {
        if (strategy.Canary.IsEmpty)
        {
            return;
        }

        writer.WriteStartObject("canary");
        if (strategy.Canary.Count == 1)
        {
            WriteCanaryStep(writer, strategy.Canary[0]);
        }
        else
        {
            writer.WriteStartArray("steps");
            foreach (var step in strategy.Canary)
            {
                writer.WriteStartObject();
                WriteCanaryStep(writer, step);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }

    private static void WriteCanaryStep(Utf8JsonWriter writer, CanaryStep step)
    {
        writer.WriteNumber("instances", step.Instances);
        writer.WriteBoolean("autoPromote", step.AutoPromote);
        if (step.AutoPromote)
        {
            writer.WriteNumber("pauseSeconds", step.PauseSeconds);
        }
    }

    internal static void WriteUnreachable(Utf8JsonWriter writer, UnreachableStrategy strategy)
    {
        if (strategy.IsDisabled)
        {
            writer.WriteString("unreachableStrategy", "disabled");
            return;
        }

        writer.WriteStartObject("unreachableStrategy");
        writer.WriteNumber("expungeAfterSeconds", strategy.ExpungeAfterSeconds);
        writer.WriteNumber("inactiveAfterSeconds", strategy.InactiveAfterSeconds);
        writer.WriteEndObject();
    }

    internal static void WriteSecrets(Utf8JsonWriter writer, ValueMap<string> secrets, bool omitEmpty)
    {
        if (omitEmpty && secrets.IsEmpty)
        {
            return;
        }

        writer.WriteStartObject("secrets");
        foreach (var (name, source) in secrets)
        {
            writer.WriteStartObject(name);
            writer.WriteString("source", source);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
