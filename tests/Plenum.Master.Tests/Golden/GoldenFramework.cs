using System.Globalization;
using System.Text;
using Plenum.Master.Tests.Cluster;
using Plenum.Tests.Golden;

namespace Plenum.Master.Tests.Golden;

/// <summary>
/// A framework made of bytes in a file: it sends what a client would send and compares what comes, to the last byte.
/// Calls go over one connection that is kept, in small chunks with header names in small letters for JSON, with a length
/// for protobuf.
/// </summary>
internal sealed class GoldenFramework : IAsyncDisposable
{
    /// <summary>Splits names and numbers; none of the bodies is a multiple of it.</summary>
    private const int ChunkBytes = 7;

    private readonly RawConnection _stream;
    private readonly RawConnection _calls;
    private readonly bool _json;
    private readonly GoldenFile _golden;

    private GoldenFramework(RawConnection stream, RawConnection calls, bool json, GoldenFile golden)
    {
        _stream = stream;
        _calls = calls;
        _json = json;
        _golden = golden;
    }

    public string StreamId { get; private set; } = string.Empty;

    /// <summary>
    /// Sends the section as SUBSCRIBE and reads the answer's headers. What follows is in <paramref name="more"/> when that
    /// is given.
    /// </summary>
    public static async Task<GoldenFramework> SubscribeAsync(
        Uri master, GoldenFile golden, bool json, string section = "SUBSCRIBE", GoldenFile? more = null)
    {
        var stream = await RawConnection.OpenAsync(master);
        var framework = new GoldenFramework(stream, await RawConnection.OpenAsync(master), json, more ?? golden);
        var body = golden.Bytes(section, json);
        if (json)
        {
            // The node client names no format that it would accept.
            await stream.SendChunkedAsync("POST /api/v1/scheduler HTTP/1.1\nhost: master\ncontent-type: application/json", body, ChunkBytes);
        }
        else
        {
            // mesos-go: a parameter costs nothing to bear, and the stream's connection is not to be kept.
            await stream.SendAsync(
                "POST /master/api/v1/scheduler HTTP/1.1\nHost: master\nUser-Agent: mesos-go\nConnection: close\n"
                    + "Content-Type: application/x-protobuf; messageType=\"mesos.v1.scheduler.Call\"\nAccept: application/x-protobuf",
                body);
        }

        const string Header = "Mesos-Stream-Id: ";
        var head = await stream.ReadHeadAsync();
        head[0].ShouldBe("HTTP/1.1 200 OK");
        head.ShouldContain($"Content-Type: {framework.Type}");
        framework.StreamId = head.Single(line => line.StartsWith(Header, StringComparison.Ordinal))[Header.Length..];
        return framework;
    }

    private string Type => _json ? "application/json" : "application/x-protobuf";

    /// <summary>Sends a call that must be answered by 202, or 200 for UPDATE_FRAMEWORK, with nothing in it.</summary>
    public async Task CallAsync(string section, int status = 202)
    {
        var body = _golden.Bytes(section, _json);
        if (_json)
        {
            await _calls.SendChunkedAsync(
                $"POST /api/v1/scheduler HTTP/1.1\nhost: master\ncontent-type: {Type}\nmesos-stream-id: {StreamId}", body, ChunkBytes);
        }
        else
        {
            await _calls.SendAsync(
                $"POST /api/v1/scheduler HTTP/1.1\nHost: master\nContent-Type: {Type}\nMesos-Stream-Id: {StreamId}", body);
        }

        var (head, answer) = await _calls.ReadAnswerAsync();
        var text = Encoding.UTF8.GetString(answer);
        head[0].ShouldStartWith($"HTTP/1.1 {status} ", Case.Sensitive, $"{section}: {text}");
        text.ShouldBeEmpty(section);
        head.ShouldNotContain(line => line.StartsWith("Content-Type", StringComparison.OrdinalIgnoreCase), section);
    }

    /// <summary>
    /// The next record, alone in its chunk, is the section's to the byte. Heartbeats and offers that come in their own
    /// time are passed over where something else is expected.
    /// </summary>
    public async Task ReceiveAsync(string section)
    {
        var record = Record(await NextAsync(section));
        _golden.Difference(section, _json, record.Span).ShouldBeNull();
    }

    /// <summary>Records that another test compares.</summary>
    public async Task PassAsync(int count)
    {
        for (; count > 0; count--)
        {
            Record(await _stream.ReadChunkAsync());
        }
    }

    /// <summary>The stream ends in order: its last chunk is empty.</summary>
    public async Task EndAsync() => (await NextAsync(string.Empty)).ShouldBeEmpty();

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        await _calls.DisposeAsync();
    }

    private async Task<byte[]> NextAsync(string expected)
    {
        while (true)
        {
            var chunk = await _stream.ReadChunkAsync();
            if (chunk.Length == 0
                || !(IsPassedOver("HEARTBEAT", "\b\b"u8, expected, chunk) || IsPassedOver("OFFERS", "\b\u0002"u8, expected, chunk)))
            {
                return chunk;
            }
        }
    }

    // By the first bytes of the record: the type comes first in both formats.
    private bool IsPassedOver(string type, ReadOnlySpan<byte> protobuf, string expected, byte[] chunk) =>
        !expected.StartsWith(type, StringComparison.Ordinal)
        && Record(chunk).Span.StartsWith(_json ? Encoding.ASCII.GetBytes($"{{\"type\":\"{type}\"") : protobuf);

    private static ReadOnlyMemory<byte> Record(byte[] chunk)
    {
        var newline = Array.IndexOf(chunk, (byte)'\n');
        int.Parse(Encoding.ASCII.GetString(chunk, 0, newline), CultureInfo.InvariantCulture)
            .ShouldBe(chunk.Length - newline - 1, "the chunk holds exactly one record");
        return chunk.AsMemory(newline + 1);
    }
}
