using Plenum.Protocol.V1;

namespace Plenum.Kernel.Validation;

/// <summary>Rules of checks and health checks.</summary>
internal static class CheckValidation
{
    private const uint MaxPort = ushort.MaxValue;

    internal static string? Validate(CheckInfo check)
    {
        var shape = check.Type switch
        {
            _ when !check.HasType => "Check must specify 'type'",
            CheckInfo.Types.Type.Command => check.Command is null ? "Expecting 'command' to be set for COMMAND check"
                : CommandValidation.Validate(check.Command.Command_, hasImage: false),
            CheckInfo.Types.Type.Http => check.Http is null ? "Expecting 'http' to be set for HTTP check"
                : ValidatePath(check.Http.HasPath, check.Http.Path) ?? ValidatePort(check.Http.Port),
            CheckInfo.Types.Type.Tcp => check.Tcp is null ? "Expecting 'tcp' to be set for TCP check"
                : ValidatePort(check.Tcp.Port),
            _ => "Check has an unknown type",
        };
        return shape
            ?? ValidateSeconds(check.DelaySeconds, "Check's 'delay_seconds'")
            ?? ValidateSeconds(check.IntervalSeconds, "Check's 'interval_seconds'")
            ?? ValidateSeconds(check.TimeoutSeconds, "Check's 'timeout_seconds'");
    }

    internal static string? Validate(HealthCheck check)
    {
        var shape = TypeOf(check) switch
        {
            HealthCheck.Types.Type.Command => check.Command is null ? "Expecting 'command' to be set for COMMAND health check"
                : CommandValidation.Validate(check.Command, hasImage: false),
            HealthCheck.Types.Type.Http => check.Http is null ? "Expecting 'http' to be set for HTTP health check"
                : ValidateScheme(check.Http) ?? ValidatePath(check.Http.HasPath, check.Http.Path) ?? ValidatePort(check.Http.Port),
            HealthCheck.Types.Type.Tcp => check.Tcp is null ? "Expecting 'tcp' to be set for TCP health check"
                : ValidatePort(check.Tcp.Port),
            _ => "HealthCheck must specify 'type'",
        };
        return shape
            ?? ValidateSeconds(check.DelaySeconds, "HealthCheck's 'delay_seconds'")
            ?? ValidateSeconds(check.IntervalSeconds, "HealthCheck's 'interval_seconds'")
            ?? ValidateSeconds(check.TimeoutSeconds, "HealthCheck's 'timeout_seconds'")
            ?? ValidateSeconds(check.GracePeriodSeconds, "HealthCheck's 'grace_period_seconds'");
    }

    /// <summary>Clients older than the field leave the type out: it follows from what is set.</summary>
    internal static HealthCheck.Types.Type TypeOf(HealthCheck check) =>
        check.HasType ? check.Type
        : check.Command is not null ? HealthCheck.Types.Type.Command
        : check.Http is not null ? HealthCheck.Types.Type.Http
        : HealthCheck.Types.Type.Unknown;

    /// <summary>True for the checks that connect to the task over the network.</summary>
    internal static bool NeedsNetwork(TaskInfo task) =>
        task.Check is { Type: CheckInfo.Types.Type.Http or CheckInfo.Types.Type.Tcp }
        || (task.HealthCheck is { } health
            && TypeOf(health) is HealthCheck.Types.Type.Http or HealthCheck.Types.Type.Tcp);

    private static string? ValidateScheme(HealthCheck.Types.HTTPCheckInfo http) =>
        http.HasScheme && http.Scheme is not ("http" or "https")
            ? $"Unsupported HTTP health check scheme: '{http.Scheme}'"
            : null;

    private static string? ValidatePath(bool isSet, string path) =>
        isSet && !path.StartsWith('/') ? $"The path '{path}' of an HTTP check must start with '/'" : null;

    private static string? ValidatePort(uint port) =>
        port is 0 or > MaxPort ? $"The port {port} of a check is not between 1 and {MaxPort}" : null;

    private static string? ValidateSeconds(double seconds, string field) =>
        double.IsFinite(seconds) && seconds >= 0 ? null : $"{field} must be non-negative";
}
