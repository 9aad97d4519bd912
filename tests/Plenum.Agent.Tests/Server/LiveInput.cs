using System.Net;
using System.Net.Http.Headers;
using System.Threading.Channels;
using Google.Protobuf;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Tests.Server;

/// <summary>An ATTACH_CONTAINER_INPUT request that stays open while the test types into it.</summary>
internal sealed class LiveInput : HttpContent
{
    private readonly Channel<Call.Types.AttachContainerInput> _pieces = Channel.CreateUnbounded<Call.Types.AttachContainerInput>();

    private LiveInput(ContainerID id)
    {
        Headers.ContentType = new MediaTypeHeaderValue("application/recordio");
        _pieces.Writer.TryWrite(
            new Call.Types.AttachContainerInput { Type = Call.Types.AttachContainerInput.Types.Type.ContainerId, ContainerId = id });
    }

    /// <summary>The answer. The client reads it when the input is closed, also when it was refused before.</summary>
    public Task<HttpStatusCode> Answer { get; private set; } = null!;

    public static LiveInput Open(AgentFixture fixture, ContainerID id)
    {
        var input = new LiveInput(id);
        input.Answer = input.SendAsync(fixture);
        return input;
    }

    public void Type(string text) => Send(new ProcessIO
    {
        Type = ProcessIO.Types.Type.Data,
        Data = new ProcessIO.Types.Data { Type = ProcessIO.Types.Data.Types.Type.Stdin, Data_ = ByteString.CopyFromUtf8(text) },
    });

    public void Resize(uint rows, uint columns) => Send(new ProcessIO
    {
        Type = ProcessIO.Types.Type.Control,
        Control = new ProcessIO.Types.Control
        {
            Type = ProcessIO.Types.Control.Types.Type.TtyInfo,
            TtyInfo = new TTYInfo { WindowSize = new TTYInfo.Types.WindowSize { Rows = rows, Columns = columns } },
        },
    });

    public void Beat() => Send(new ProcessIO
    {
        Type = ProcessIO.Types.Type.Control,
        Control = new ProcessIO.Types.Control
        {
            Type = ProcessIO.Types.Control.Types.Type.Heartbeat,
            Heartbeat = new ProcessIO.Types.Control.Types.Heartbeat { Interval = new DurationInfo { Nanoseconds = 30_000_000_000 } },
        },
    });

    public void Close() => _pieces.Writer.TryComplete();

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await foreach (var piece in _pieces.Reader.ReadAllAsync())
        {
            await stream.WriteAsync(RecordFraming.Frame(MesosJson.Write(
                new Call { Type = Call.Types.Type.AttachContainerInput, AttachContainerInput = piece })));
            await stream.FlushAsync();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }

    private void Send(ProcessIO piece) => _pieces.Writer.TryWrite(
        new Call.Types.AttachContainerInput { Type = Call.Types.AttachContainerInput.Types.Type.ProcessIo, ProcessIo = piece });

    private async Task<HttpStatusCode> SendAsync(AgentFixture fixture)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(fixture.Agent.Address, "api/v1")) { Content = this };
        request.Headers.Add("Message-Content-Type", "application/json");
        using var response = await fixture.Http.SendAsync(request).WaitAsync(Patience.Limit);
        return response.StatusCode;
    }
}
