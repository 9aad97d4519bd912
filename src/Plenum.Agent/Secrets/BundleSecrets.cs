using System.Text;
using System.Text.Json.Nodes;

namespace Plenum.Agent.Secrets;

/// <summary>
/// The OCI runtime takes the environment from a file. When it has read it, the secrets among it go from that file
/// and from the runtime's own copy: from then on they are in the memory of the container's processes alone.
/// </summary>
internal static class BundleSecrets
{
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

    /// <summary>Those of the variables that a running process was started with.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Read(int pid, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            yield break;
        }

        string[] entries;
        try
        {
            entries = Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{pid}/environ")).Split('\0');
        }
        catch (IOException)
        {
            // It has just ended; the session finds that out by itself.
            yield break;
        }

        foreach (var entry in entries.Where(entry => names.Contains(NameOf(entry))))
        {
            yield return KeyValuePair.Create(NameOf(entry), entry[(NameOf(entry).Length + 1)..]);
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
