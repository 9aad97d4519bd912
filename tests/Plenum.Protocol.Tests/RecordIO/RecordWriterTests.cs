using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Plenum.Protocol.RecordIO;

namespace Plenum.Protocol.Tests.RecordIO;

public sealed class RecordWriterTests
{
    private static readonly int[] Sizes = [0, 1, 100, 4090, 4096, 5000, 70_000, 1_000_000];

    [Fact]
    public async Task A_record_too_large_is_refused_and_nothing_of_it_is_written()
    {
        var pipe = new Pipe();
        var writer = new RecordWriter(pipe.Writer, maximumRecord: 3);
        await Should.ThrowAsync<RecordIOException>(() => writer.WriteAsync("four"u8.ToArray()).AsTask());
        (await writer.WriteAsync("yes"u8.ToArray())).ShouldBeTrue();
        await pipe.Writer.CompleteAsync();
        (await new RecordReader(pipe.Reader).ReadAsync()).ShouldBe("yes"u8.ToArray());
    }

    [Fact]
    public async Task A_reader_that_went_away_is_told_as_false()
    {
        var pipe = new Pipe();
        await pipe.Reader.CompleteAsync();
        (await new RecordWriter(pipe.Writer).WriteAsync("a"u8.ToArray())).ShouldBeFalse();
    }

    // The node client reads one record from each HTTP chunk and loses every other arrangement.
    [Fact]
    public async Task Kestrel_sends_each_record_as_one_HTTP_chunk_whatever_its_size()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.MapGet("/", async context =>
        {
            var writer = new RecordWriter(context.Response.BodyWriter);
            foreach (var size in Sizes)
            {
                await writer.WriteAsync(new byte[size]);
            }
        });
        await app.StartAsync();

        var chunks = await ChunksOfAsync(new Uri(app.Urls.Single()));
        chunks.ShouldBe(Sizes.Select(size => RecordFraming.Frame(new byte[size]).Length));
    }

    private static async Task<List<int>> ChunksOfAsync(Uri address)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host, address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync("GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"u8.ToArray());
        using var all = new MemoryStream();
        await stream.CopyToAsync(all);

        var rest = all.ToArray().AsMemory();
        rest = rest[(rest.Span.IndexOf("\r\n\r\n"u8) + 4)..];
        var chunks = new List<int>();
        while (true)
        {
            var line = rest.Span.IndexOf("\r\n"u8);
            var size = int.Parse(Encoding.ASCII.GetString(rest.Span[..line]), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return chunks;
            }
            chunks.Add(size);
            rest = rest[(line + 2 + size + 2)..];
        }
    }
}
