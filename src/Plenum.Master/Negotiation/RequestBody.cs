using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Plenum.Master.Negotiation;

/// <summary>A whole request body where the server received it, without a copy.</summary>
internal static class RequestBody
{
    /// <summary>
    /// Waits for the end of the body. Kestrel enforces the size limit and throws with 413. The caller
    /// gives the buffer back by advancing the reader to its end.
    /// </summary>
    /// <param name="maximum">Bytes, where a route takes less than the server does; a body without a length counts too.</param>
    public static async ValueTask<ReadOnlySequence<byte>> ReadAsync(
        HttpRequest request, CancellationToken cancellationToken, long? maximum = null)
    {
        if (maximum is not null)
        {
            request.HttpContext.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = maximum;
        }

        while (true)
        {
            var result = await request.BodyReader.ReadAsync(cancellationToken);
            if (result.IsCompleted)
            {
                return result.Buffer;
            }

            request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
