using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Plenum.Agent;

namespace Plenum.Server.Commands;

/// <summary>What an agent gives its executors and tasks beside resources, under Mesos' names too.</summary>
internal sealed class ExecutorArguments
{
    private const int Day = 24 * 3600;

    public ExecutorArguments()
    {
        foreach (var option in (Option[])[RegistrationTimeout, ReregistrationTimeout, ShutdownGrace, RecoveryTimeout, SandboxRetention])
        {
            option.Aliases.Add(option.Name.Replace('-', '_').Replace("__", "--", StringComparison.Ordinal));
        }

        Variables.Validators.Add(static result =>
        {
            if (ReadVariables(result.Tokens.Single().Value) is null)
            {
                result.AddError("--executor-environment-variables takes a JSON object of strings, such as {\"PATH\":\"/usr/bin:/bin\"}.");
            }
        });
    }

    public Option<int> RegistrationTimeout { get; } = NodeArguments.Bounded(
        "--executor-registration-timeout", "Seconds that a new executor has to subscribe, download and image included.", 60, 1, Day);

    public Option<int> ReregistrationTimeout { get; } = NodeArguments.Bounded(
        "--executor-reregistration-timeout", "Seconds that executors have to be back after the agent restarted.", 10, 1, Day);

    public Option<int> ShutdownGrace { get; } = NodeArguments.Bounded(
        "--executor-shutdown-grace-period", "Seconds between the order to shut down and the end by force, for executors that say nothing.", 5, 1, Day);

    public Option<int> RecoveryTimeout { get; } = NodeArguments.Bounded(
        "--recovery-timeout", "Seconds that executors are told to wait for an agent that is down.", 900, 1, 7 * Day);

    public Option<int> SandboxRetention { get; } = NodeArguments.Bounded(
        "--gc-delay", "Seconds that the sandbox of something that ended stays; less when the disk fills.", 7 * Day, 60, 365 * Day);

    public Option<string?> Variables { get; } = new("--executor-environment-variables", "--executor_environment_variables")
    {
        Description = "Environment of all tasks and executors, under what they set themselves: a JSON object of strings.",
    };

    public Option<bool> SharesProcesses { get; } = new("--share-agent-pid-namespace")
    {
        Description = "Let tasks that ask for it (share_pid_namespace) be among the machine's processes: as root they can end them.",
    };

    /// <summary>Every option of this table, for the commands that have them all.</summary>
    public IEnumerable<Option> All =>
        [RegistrationTimeout, ReregistrationTimeout, ShutdownGrace, RecoveryTimeout, SandboxRetention, Variables, SharesProcesses];

    public ExecutorOptions Read(ParseResult parsed) => new()
    {
        RegistrationTimeout = TimeSpan.FromSeconds(parsed.GetValue(RegistrationTimeout)),
        ReregistrationTimeout = TimeSpan.FromSeconds(parsed.GetValue(ReregistrationTimeout)),
        ShutdownGrace = TimeSpan.FromSeconds(parsed.GetValue(ShutdownGrace)),
        RecoveryTimeout = TimeSpan.FromSeconds(parsed.GetValue(RecoveryTimeout)),
        Variables = parsed.GetValue(Variables) is { } text ? ReadVariables(text)! : ExecutorOptions.Default.Variables,
    };

    private static Dictionary<string, string>? ReadVariables(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.EnumerateObject().All(static variable => variable.Value.ValueKind == JsonValueKind.String)
                ? document.RootElement.EnumerateObject()
                    .DistinctBy(static variable => variable.Name)
                    .ToDictionary(static variable => variable.Name, static variable => variable.Value.GetString()!, StringComparer.Ordinal)
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
