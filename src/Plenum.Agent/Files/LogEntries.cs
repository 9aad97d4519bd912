using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Plenum.Agent.Files;

/// <summary>Writes lines of a log as text, as one JSON object a line, or as server-sent events.</summary>
/// <param name="fields">What every entry says beside its message.</param>
internal sealed class LogEntries(HttpRequest request, IReadOnlyList<(string Name, string Value)> fields)
{
    private const string EventStream = "text/event-stream";
    private const string Message = "MESSAGE";

    // It is no part of a page, and people read it.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _buffer = new();

    /// <summary>Events do not end with the log: the caller follows it.</summary>
    public bool IsStream { get; } = MediaTypes.Accepts(request.Headers.Accept, EventStream, wildcard: false);

    public string ContentType => IsStream ? EventStream : IsJson ? MediaTypes.Json : MediaTypes.Text;

    private bool IsJson { get; } = MediaTypes.Accepts(request.Headers.Accept, MediaTypes.Json, wildcard: false);

    public bool Matches(LogLine line, IReadOnlyList<(string Field, string Value)> filters) => filters.All(filter =>
        filter.Field == Message
            ? Encoding.UTF8.GetString(line.Text.Span) == filter.Value
            : fields.Any(field => field.Name == filter.Field && field.Value == filter.Value));

    public void Add(LogLine line)
    {
        if (IsStream)
        {
            _buffer.Write(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {line.Cursor}\ndata: ")));
        }

        if (IsStream || IsJson)
        {
            WriteJson(line);
        }
        else
        {
            _buffer.Write(line.Text.Span);
        }

        _buffer.Write(IsStream ? "\n\n"u8 : "\n"u8);
    }

    /// <summary>A comment, which keeps proxies from closing a silent stream.</summary>
    public void AddSign() => _buffer.Write(":\n\n"u8);

    public async Task SendAsync(HttpResponse response, CancellationToken cancellationToken)
    {
        await response.Body.WriteAsync(_buffer.WrittenMemory, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
        _buffer.ResetWrittenCount();
    }

    private void WriteJson(LogLine line)
    {
        using var json = new Utf8JsonWriter(_buffer, Writing);
        json.WriteStartObject();
        json.WriteStartObject("fields");
        foreach (var (name, value) in fields)
        {
            json.WriteString(name, value);
        }

        json.WriteString(Message, Encoding.UTF8.GetString(line.Text.Span));
        json.WriteEndObject();
        json.WriteString("cursor", line.Cursor.ToString(CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }
}
