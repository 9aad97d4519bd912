using System.CommandLine;

namespace Plenum.Cli.Commands;

internal sealed record ClusterAddresses(Uri Marathon, Uri Master, Uri Metronome);

/// <summary>Where the cluster is: options before environment variables before the addresses of <c>./plenum up</c>.</summary>
internal static class ClusterOptions
{
    private const string MarathonName = "--marathon-url";
    private const string MasterName = "--master-url";
    private const string MetronomeName = "--metronome-url";
    private const string DefaultMarathon = "http://127.0.0.1:8080";
    private const string DefaultMaster = "http://127.0.0.1:5050";
    private const string DefaultMetronome = "http://127.0.0.1:9000";

    public static void AddTo(Command root)
    {
        root.Options.Add(new Option<string>(MarathonName)
        {
            Description = $"Marathon API (PLENUM_MARATHON_URL, else {DefaultMarathon}).",
            HelpName = "URL",
            Recursive = true,
        });
        root.Options.Add(new Option<string>(MasterName)
        {
            Description = $"Master API (PLENUM_MASTER_URL, else {DefaultMaster}).",
            HelpName = "URL",
            Recursive = true,
        });
        root.Options.Add(new Option<string>(MetronomeName)
        {
            Description = $"Metronome API (PLENUM_METRONOME_URL, else {DefaultMetronome}).",
            HelpName = "URL",
            Recursive = true,
        });
    }

    public static ClusterAddresses Addresses(ParseResult arguments, Func<string, string?> environment) => new(
        Address(arguments.GetValue<string>(MarathonName), environment("PLENUM_MARATHON_URL"), DefaultMarathon),
        Address(arguments.GetValue<string>(MasterName), environment("PLENUM_MASTER_URL"), DefaultMaster),
        Address(arguments.GetValue<string>(MetronomeName), environment("PLENUM_METRONOME_URL"), DefaultMetronome));

    private static Uri Address(string? option, string? variable, string otherwise)
    {
        var text = !string.IsNullOrEmpty(option) ? option : !string.IsNullOrEmpty(variable) ? variable : otherwise;
        if (!text.Contains("://", StringComparison.Ordinal))
        {
            text = "http://" + text;
        }
        return Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CommandFailure(ExitCodes.Usage, $"'{text}' is not an http address", $"write it like {otherwise}");
    }
}
