using System.Text.Json;
using System.Text.Json.Serialization;

namespace Plenum.Agent.Networking;

/// <summary>
/// What must survive the agent to take a container's networks back. Written before each step that it speaks of, so
/// that whatever a killed agent began is found and undone.
/// </summary>
internal sealed record NetworkRecord
{
    public required string Container { get; init; }

    /// <summary>After a reboot the namespace is gone; addresses that plugins wrote down are not.</summary>
    public required string BootId { get; init; }

    public required string NamespaceFile { get; init; }

    public required string HostName { get; init; }

    public IReadOnlyList<NetworkAttachment> Attachments { get; init; } = [];

    /// <summary>Atomic: a reader sees the old record or the new one.</summary>
    public void Write(string file)
    {
        var temporary = file + ".tmp";
        File.WriteAllBytes(temporary, JsonSerializer.SerializeToUtf8Bytes(this, NetworkRecordJson.Default.NetworkRecord));
        File.Move(temporary, file, overwrite: true);
    }

    /// <exception cref="JsonException">The record is torn or not one.</exception>
    public static NetworkRecord Read(string file) =>
        JsonSerializer.Deserialize(File.ReadAllBytes(file), NetworkRecordJson.Default.NetworkRecord)
        ?? throw new JsonException("the record is empty");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(NetworkRecord))]
internal sealed partial class NetworkRecordJson : JsonSerializerContext;
