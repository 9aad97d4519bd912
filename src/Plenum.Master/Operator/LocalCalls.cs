using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Http;
using Plenum.Http.Diagnostics;
using Plenum.Http.Files;
using Plenum.Master.Negotiation;
using Plenum.Protocol.V1.Master;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Operator;

/// <summary>Calls about this process and not the cluster: its log, and how much it writes there.</summary>
internal sealed class LocalCalls(LogVerbosity verbosity, IFileTree files)
{
    public static bool Serves(Type type) => type is Type.GetLoggingLevel or Type.SetLoggingLevel or Type.ListFiles or Type.ReadFile;

    public Task HandleAsync(HttpContext context, Call call, BodyFormat format) => call.Type switch
    {
        Type.GetLoggingLevel => AnswerAsync(context, format, new Response
        {
            Type = Response.Types.Type.GetLoggingLevel,
            GetLoggingLevel = new Response.Types.GetLoggingLevel { Level = verbosity.Level },
        }),
        Type.SetLoggingLevel => SetLevelAsync(context, call.SetLoggingLevel),
        Type.ListFiles => ListAsync(context, call.ListFiles, format),
        _ => ReadAsync(context, call.ReadFile, format),
    };

    private Task SetLevelAsync(HttpContext context, Call.Types.SetLoggingLevel? call)
    {
        if (call is null)
        {
            return MissingAsync(context, "set_logging_level");
        }

        verbosity.Set(call.Level, TimeSpan.FromTicks(call.Duration.Nanoseconds / TimeSpan.NanosecondsPerTick));
        return Answers.EmptyAsync(context, StatusCodes.Status200OK);
    }

    private Task ListAsync(HttpContext context, Call.Types.ListFiles? call, BodyFormat format)
    {
        if (call is null)
        {
            return MissingAsync(context, "list_files");
        }

        return FileReader.List(files, call.Path) is not { } entries
            ? NotFoundAsync(context, call.Path)
            : AnswerAsync(context, format, new Response
            {
                Type = Response.Types.Type.ListFiles,
                ListFiles = new Response.Types.ListFiles { FileInfos = { entries.Select(static entry => entry.Wire) } },
            });
    }

    private Task ReadAsync(HttpContext context, Call.Types.ReadFile? call, BodyFormat format)
    {
        if (call is null)
        {
            return MissingAsync(context, "read_file");
        }

        var read = FileReader.Read(files, call.Path, call.Offset, call.HasLength ? call.Length : null);
        return read.Outcome switch
        {
            FileOutcome.Missing => NotFoundAsync(context, call.Path),
            FileOutcome.Directory => Answers.TextAsync(context, HttpStatusCode.BadRequest, "Cannot read a directory"),
            _ => AnswerAsync(context, format, new Response
            {
                Type = Response.Types.Type.ReadFile,
                ReadFile = new Response.Types.ReadFile { Size = (ulong)read.Size, Data = FileReader.Bytes(read) },
            }),
        };
    }

    private static Task AnswerAsync(HttpContext context, BodyFormat format, Response answer)
    {
        var buffer = new ArrayBufferWriter<byte>();
        WireCodec.Encode(format, answer, buffer);
        return Answers.BytesAsync(context, BodyFormats.NameOf(format), buffer.WrittenMemory);
    }

    private static Task MissingAsync(HttpContext context, string part) =>
        Answers.TextAsync(context, HttpStatusCode.BadRequest, $"The call has no '{part}'");

    private static Task NotFoundAsync(HttpContext context, string path) =>
        Answers.TextAsync(context, HttpStatusCode.NotFound, $"There is no file '{path}' that could be shown");
}
