using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Plenum.Cli.Apps;

namespace Plenum.Cli.Moving;

/// <summary>
/// An inventory as files: one document, or a directory with a file for each app, pod and group, which suits version control.
/// No id holds an underscore, so that the file of an app never has the name of a group's directory.
/// </summary>
internal static class MoveFiles
{
    private const string AppEnding = "_app.json";
    private const string PodEnding = "_pod.json";
    private const string GroupFile = "_group.json";

    // The definitions of 10,000 apps are about 20 MB.
    private const long MaximumLength = 256L * 1024 * 1024;

    // Every app has one file; groups and what lies beside them by accident have the rest.
    private const int MaximumFiles = 2 * Inventory.MaximumServices;

    private static readonly JsonWriterOptions Pretty = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task<Inventory> ReadAsync(string path, CliHost host, CancellationToken cancellationToken)
    {
        // The role that a file says is the one that is meant.
        var reader = new InventoryReader(path == "-" ? "standard input" : path, defaultRole: null);
        if (!Directory.Exists(path))
        {
            reader.Read(Node(await DefinitionFile.ReadAsync(path, host, cancellationToken, MaximumLength)));
            return reader.Inventory;
        }
        var files = FilesOf(path);
        if (files.Count is 0 or > MaximumFiles)
        {
            throw new CommandFailure(
                ExitCodes.Usage, files.Count == 0 ? $"there is no definition in {path}" : $"{path} holds more than {MaximumFiles} files");
        }
        foreach (var file in files)
        {
            reader.Source = file;
            var document = Node(await DefinitionFile.ReadAsync(file, host, cancellationToken));
            if (Path.GetFileName(file) == GroupFile && document is JsonObject group)
            {
                reader.ReadGroup(group);
            }
            else
            {
                reader.Read(document);
            }
        }
        return reader.Inventory;
    }

    private static List<string> FilesOf(string directory)
    {
        try
        {
            return [.. Directory.EnumerateFiles(directory, "*.json", SearchOption.AllDirectories).Take(MaximumFiles + 1).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure(ExitCodes.Usage, $"{directory} cannot be read: {e.Message}");
        }
    }

    /// <summary>The whole as one document in the form of Marathon's group tree, with pods as definitions.</summary>
    public static string Document(Inventory inventory) => Text(Tree("/", new Level(inventory)));

    public static async Task WriteDirectoryAsync(Inventory inventory, string directory, CancellationToken cancellationToken)
    {
        foreach (var (id, group) in inventory.Groups)
        {
            await WriteAsync(Path.Combine(At(directory, id), GroupFile), GroupHead(id, group), cancellationToken);
        }
        foreach (var (id, app) in inventory.Apps)
        {
            await WriteAsync(At(directory, id) + AppEnding, app, cancellationToken);
        }
        foreach (var (id, pod) in inventory.Pods)
        {
            await WriteAsync(At(directory, id) + PodEnding, pod, cancellationToken);
        }
    }

    private static async Task WriteAsync(string file, JsonObject definition, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, Text(definition) + "\n", cancellationToken);
    }

    // Ids have no dots alone between slashes, but a server that is not one may say anything.
    private static string At(string directory, string id) =>
        id.Split('/').Any(segment => segment is "." or "..") || id.Contains('\0', StringComparison.Ordinal)
            ? throw new CommandFailure(ExitCodes.Refused, $"'{id}' cannot be the name of a file")
            : Path.Combine(directory, id.TrimStart('/'));

    private static JsonObject Tree(string id, Level level)
    {
        var node = level.Inventory.Groups.TryGetValue(id, out var group) ? GroupHead(id, group) : new JsonObject { ["id"] = id };
        node["apps"] = new JsonArray([.. level.Apps[id].Select(app => app.DeepClone())]);
        node["pods"] = new JsonArray([.. level.Pods[id].Select(pod => pod.DeepClone())]);
        node["groups"] = new JsonArray([.. level.Groups[id].Select(JsonNode? (child) => Tree(child, level))]);
        return node;
    }

    private static JsonObject GroupHead(string id, GroupEntry group)
    {
        var head = new JsonObject { ["id"] = id };
        if (group.Dependencies.Count > 0)
        {
            head["dependencies"] = new JsonArray([.. group.Dependencies.Select(each => JsonValue.Create(each))]);
        }
        if (group.EnforceRole)
        {
            head["enforceRole"] = true;
        }
        return head;
    }

    private static string Text(JsonNode node)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Pretty))
        {
            node.WriteTo(writer);
        }
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <exception cref="CommandFailure">A member stands in it twice: what it means depends on who reads it.</exception>
    internal static JsonNode? Node(JsonElement element)
    {
        try
        {
            return JsonNode.Parse(element.GetRawText(), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new CommandFailure(ExitCodes.Usage, $"a definition is not JSON that can be trusted: {e.Message}");
        }
    }

    /// <summary>What stands directly in each group.</summary>
    private sealed class Level
    {
        public Level(Inventory inventory)
        {
            Inventory = inventory;
            Apps = inventory.Apps.ToLookup(app => Parent(app.Key), app => app.Value, StringComparer.Ordinal);
            Pods = inventory.Pods.ToLookup(pod => Parent(pod.Key), pod => pod.Value, StringComparer.Ordinal);
            // Groups that a prefix cut off, or that only their services tell of.
            var all = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var id in inventory.Groups.Keys.Concat(inventory.Apps.Keys.Select(Parent)).Concat(inventory.Pods.Keys.Select(Parent)))
            {
                for (var group = id; group != "/" && all.Add(group); group = Parent(group))
                {
                    // The set is the result: every group on the way up.
                }
            }
            Groups = all.ToLookup(Parent, StringComparer.Ordinal);
        }

        public Inventory Inventory { get; }

        public ILookup<string, JsonObject> Apps { get; }

        public ILookup<string, JsonObject> Pods { get; }

        public ILookup<string, string> Groups { get; }

        private static string Parent(string id) => id.LastIndexOf('/') is > 0 and var slash ? id[..slash] : "/";
    }
}
