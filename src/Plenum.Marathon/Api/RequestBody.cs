using System.Buffers;
using System.Net.Mime;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Plenum.Marathon.Api;

/// <summary>The body of a request, as a whole and no longer than it may be.</summary>
internal static class RequestBody
{
    // A client that names no type sends JSON here: nothing else can be meant.
    public static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out var type)
            && type.MediaType.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase));

    /// <summary>null for one that is longer.</summary>
    public static async Task<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context, int maxBytes)
    {
        if (context.Request.ContentLength > maxBytes)
        {
            return null;
        }

        var body = new ArrayBufferWriter<byte>();
        var reader = context.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(context.RequestAborted);
            foreach (var segment in result.Buffer)
            {
                if (body.WrittenCount + segment.Length > maxBytes)
                {
                    reader.AdvanceTo(result.Buffer.End);
                    return null;
                }

                body.Write(segment.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return body.WrittenMemory;
            }
        }
    }
}
