using System.Net.Http.Headers;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1.Scheduler;

namespace Plenum.Scheduling.Http;

/// <summary>One of the two forms of the wire, and the words both share.</summary>
internal sealed class SchedulerCodec
{
    internal const string StreamIdHeader = "Mesos-Stream-Id";

    internal const string Path = "/api/v1/scheduler";

    private readonly bool _isJson;

    private SchedulerCodec(string mediaType, bool isJson)
    {
        MediaType = mediaType;
        _isJson = isJson;
    }

    internal static SchedulerCodec Protobuf { get; } = new("application/x-protobuf", isJson: false);

    internal static SchedulerCodec Json { get; } = new("application/json", isJson: true);

    internal string MediaType { get; }

    /// <summary>The stream says which form it has; null for a third one.</summary>
    internal static SchedulerCodec? Of(string? mediaType) =>
        string.Equals(mediaType, Protobuf.MediaType, StringComparison.OrdinalIgnoreCase) ? Protobuf
        : string.Equals(mediaType, Json.MediaType, StringComparison.OrdinalIgnoreCase) ? Json
        : null;

    internal HttpContent Encode(Call call)
    {
        var content = new ByteArrayContent(_isJson ? MesosJson.Write(call) : call.ToByteArray());

        // Without any parameter: Mesos compares the header byte for byte.
        content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
        return content;
    }

    internal ValueTask<Event?> ReadAsync(RecordReader reader, CancellationToken cancellationToken) =>
        reader.ReadMessageAsync(Event.Parser, _isJson, cancellationToken);
}
