using System.Net;
using System.Threading.Channels;
using Google.Protobuf;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Cli.Tasks.Exec;

/// <summary>The body of the input call: one record for each thing typed, sent at once.</summary>
internal sealed class InputContent(ChannelReader<Call> records) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await foreach (var record in records.ReadAllAsync(cancellationToken))
        {
            await stream.WriteAsync(RecordFraming.Frame(record.ToByteArray()), cancellationToken);
            await stream.FlushAsync(cancellationToken);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
