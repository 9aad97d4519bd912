using System.Text.Json;
using System.Text.Json.Serialization;

namespace Plenum.Agent.Containers;

/// <summary>
/// What must survive the agent to find a container again. A list that an older agent did not write is set to null by
/// the reader, whatever the property begins with: each puts an empty one there.
/// </summary>
internal sealed record ContainerRecord
{
    public required string Name { get; init; }

    public required string SandboxDirectory { get; init; }

    public required ContainerIsolation Isolation { get; init; }

    /// <summary>Pids mean nothing after the machine was restarted.</summary>
    public required string BootId { get; init; }

    public required ProcessIdentity Process { get; init; }

    /// <summary>conmon, or the shell that waits for a plain process.</summary>
    public required ProcessIdentity Monitor { get; init; }

    public string? Cgroup { get; init; }

    public bool HoldsPod { get; init; }

    /// <summary>Its processes are in a leaf of its cgroup, beside what is nested in it; a pod's always are.</summary>
    public bool InLeaf { get; init; }

    [JsonIgnore]
    public bool HasLeaf => HoldsPod || InLeaf;

    public bool HasTerminal { get; init; }

    /// <summary>The container whose network namespace it uses; null: the machine's.</summary>
    public string? NetworkHolder { get; init; }

    /// <summary>The machine's id of its root, where it has a range of its own; see <see cref="Users.IdRange"/>.</summary>
    public uint? FirstId { get; init; }

    /// <summary>Layers the root is made of: they must not be collected.</summary>
    public IReadOnlyList<string> Layers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> GraphicsDevices { get; init => field = value ?? []; } = [];

    /// <summary>Processors of the machine that are its alone; none: it shares.</summary>
    public IReadOnlyList<int> Processors { get; init => field = value ?? []; } = [];

    /// <summary>How many of the layers are the root's, the first ones; null in records of agents that did not write it.</summary>
    public int? RootLayers { get; init; }

    /// <summary>Variables that are in no file: a session beside the command reads them from the process.</summary>
    public IReadOnlyList<string> SecretVariables { get; init => field = value ?? []; } = [];

    /// <summary>Asked for by a call of the operator API; such are nobody's to destroy because the book does not know them.</summary>
    public bool IsCalled { get; init; }

    /// <summary>Who runs in it as the launch named him, for what is nested in a called one; null: nobody was named.</summary>
    public string? User { get; init; }

    /// <summary>
    /// The signal that the runtime passed on by killing the first process, see <see cref="IContainerRuntime.Signal"/>;
    /// it is reported in the place of SIGKILL.
    /// </summary>
    public int? SignalledWith { get; init; }

    /// <summary>Atomic: a reader sees the old record or the new one.</summary>
    public void Write(string file)
    {
        var temporary = file + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, RecordJson.Default.ContainerRecord));
        File.Move(temporary, file, overwrite: true);
    }

    /// <exception cref="JsonException">The record is torn or not one.</exception>
    public static ContainerRecord Read(string file) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(file), RecordJson.Default.ContainerRecord)
        ?? throw new JsonException("the record is empty");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ContainerRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
