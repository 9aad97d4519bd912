using System.Text.Json;

namespace Plenum.Metronome.Tests.Shell;

/// <summary>One client of the event stream.</summary>
internal sealed class JobEvents(HttpResponseMessage response, StreamReader reader, TimeSpan patience) : IDisposable
{
    /// <summary>The next event that is of the type, and of the job when one is named.</summary>
    public async Task<JsonElement> NextAsync(string type, string? job = null)
    {
        using var deadline = new CancellationTokenSource(patience);
        while (await reader.ReadLineAsync(deadline.Token) is { } line)
        {
            if (!line.StartsWith("data: ", StringComparison.Ordinal))
            {
                continue;
            }

            using var data = JsonDocument.Parse(line[6..]);
            if (data.RootElement.GetProperty("eventType").GetString() == type
                && (job is null || data.RootElement.GetProperty("jobId").GetString() == job))
            {
                return data.RootElement.Clone();
            }
        }

        throw new InvalidOperationException($"the stream ended before a {type}");
    }

    public void Dispose()
    {
        reader.Dispose();
        response.Dispose();
    }
}
