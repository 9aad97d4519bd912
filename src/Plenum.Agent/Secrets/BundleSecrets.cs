using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Plenum.Agent.Containers;

namespace Plenum.Agent.Secrets;

/// <summary>
/// The OCI runtime takes the environment from a file. When it has read it, the secrets among it go from that file
/// and from the runtime's own copy: from then on they are in the memory of the container's processes alone.
/// </summary>
internal static class BundleSecrets
{
    /// <summary>The instant is mostly shorter than a millisecond on a machine that is not busy.</summary>
    private static readonly TimeSpan BetweenQuestions = TimeSpan.FromMilliseconds(1);

    /// <summary>Some minutes, for a machine that hardly moves.</summary>
    private const int MaximumQuestions = 100_000;

    public static void Remove(IReadOnlySet<string> names, params IEnumerable<string> files)
    {
        if (names.Count == 0)
        {
            return;
        }

        foreach (var file in files.Where(File.Exists))
        {
            var config = JsonNode.Parse(File.ReadAllBytes(file))!;
            if (config["process"]?["env"] is JsonArray environment)
            {
                config["process"]!["env"] = new JsonArray(
                    [.. environment.Where(entry => !names.Contains(NameOf(entry!.GetValue<string>()))).Select(static entry => entry!.DeepClone())]);
                Replace(file, config.ToJsonString());
            }
        }
    }

    /// <summary>
    /// Those of the variables that a container's first process was started with. What is started is still the OCI runtime
    /// for an instant, with the runtime's own environment: the kernel says of each process whether it has become a
    /// program since it was forked, and nothing that one could wait for, so it is asked again.
    /// </summary>
    /// <exception cref="ContainerLaunchException">The runtime did not become the command in time.</exception>
    public static async Task<IReadOnlyList<KeyValuePair<string, string>>> ReadAsync(
        int pid, IReadOnlyList<string> names, TimeProvider time, CancellationToken cancellationToken)
    {
        if (names.Count == 0)
        {
            return [];
        }

        for (var asked = 0; asked < MaximumQuestions; asked++)
        {
            if (ProcessStatus.TryRead(pid) is not { HasEnded: false } status)
            {
                // It has just ended; the session finds that out by itself.
                return [];
            }

            // Between the two the new program has no environment yet.
            if (!status.IsBareFork && EnvironmentOf(pid) is { Length: > 0 } environment)
            {
                return
                [
                    .. environment.Split('\0')
                        .Where(entry => names.Contains(NameOf(entry)))
                        .Select(static entry => KeyValuePair.Create(NameOf(entry), entry[(NameOf(entry).Length + 1)..])),
                ];
            }

            await Task.Delay(BetweenQuestions, time, cancellationToken);
        }

        throw new ContainerLaunchException("the container's command has not begun yet: try again");
    }

    private static string EnvironmentOf(int pid)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/environ"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static string NameOf(string entry) => entry.Split('=', 2)[0];

    private static void Replace(string file, string text)
    {
        var temporary = file + ".tmp";
        using (var stream = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        File.Move(temporary, file, overwrite: true);
    }
}
