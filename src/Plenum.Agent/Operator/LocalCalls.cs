using Microsoft.AspNetCore.Http;
using Plenum.Agent.Containers;
using Plenum.Http.Access;
using Plenum.Http.Diagnostics;
using Plenum.Http.Files;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Agent.Call.Types.Type;

namespace Plenum.Agent.Operator;

/// <summary>Calls about what lies on this machine: files, the log's level, images.</summary>
internal sealed class LocalCalls(
    LogVerbosity verbosity, Func<CancellationToken, ValueTask<IFileTree>> files, IContainerRuntime runtime, IAccessPolicy access)
{
    public static bool Serves(Type type) =>
        type is Type.SetLoggingLevel or Type.ListFiles or Type.ReadFile or Type.PruneImages;

    public Task HandleAsync(HttpContext context, Call call, bool json) => call.Type switch
    {
        Type.SetLoggingLevel => SetLevelAsync(context, call.SetLoggingLevel),
        Type.ListFiles => ListAsync(context, call.ListFiles.Path, json),
        Type.ReadFile => ReadAsync(context, call.ReadFile, json),
        _ => PruneAsync(context, call.PruneImages),
    };

    private Task SetLevelAsync(HttpContext context, Call.Types.SetLoggingLevel call)
    {
        verbosity.Set(call.Level, TimeSpan.FromTicks(call.Duration.Nanoseconds / TimeSpan.NanosecondsPerTick));
        return Answers.EmptyAsync(context, StatusCodes.Status200OK);
    }

    private async Task ListAsync(HttpContext context, string path, bool json)
    {
        var tree = await files(context.RequestAborted);
        if (!await access.PassesAsync(tree.RuleOf(path), context))
        {
            return;
        }

        if (FileReader.List(tree, path) is not { } entries)
        {
            await NotFoundAsync(context, path);
            return;
        }

        await Answers.MessageAsync(
            context,
            new Response
            {
                Type = Response.Types.Type.ListFiles,
                ListFiles = new Response.Types.ListFiles { FileInfos = { entries.Select(static entry => entry.Wire) } },
            },
            json);
    }

    private async Task ReadAsync(HttpContext context, Call.Types.ReadFile call, bool json)
    {
        var tree = await files(context.RequestAborted);
        if (!await access.PassesAsync(tree.RuleOf(call.Path), context))
        {
            return;
        }

        var read = FileReader.Read(tree, call.Path, call.Offset, call.HasLength ? call.Length : null);
        await (read.Outcome switch
        {
            FileOutcome.Missing => NotFoundAsync(context, call.Path),
            FileOutcome.Directory => Answers.TextAsync(context, StatusCodes.Status400BadRequest, "Cannot read a directory"),
            _ => Answers.MessageAsync(
                context,
                new Response
                {
                    Type = Response.Types.Type.ReadFile,
                    ReadFile = new Response.Types.ReadFile { Size = (ulong)read.Size, Data = FileReader.Bytes(read) },
                },
                json),
        });
    }

    /// <summary>Images that a container uses, or that the call names, stay. The call need not name any.</summary>
    private async Task PruneAsync(HttpContext context, Call.Types.PruneImages? call)
    {
        bool pruned;
        try
        {
            pruned = runtime.PruneImages(call?.ExcludedImages ?? []);
        }
        catch (ContainerLaunchException exception)
        {
            // A name that is none of an image: the runtime says so as it does at a launch, and nothing was removed.
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, exception.Message);
            return;
        }

        await (pruned
            ? Answers.EmptyAsync(context, StatusCodes.Status200OK)
            : Answers.TextAsync(
                context,
                StatusCodes.Status501NotImplemented,
                "This agent runs plain processes and has no images. PRUNE_IMAGES is for agents that run containers"));
    }

    private static Task NotFoundAsync(HttpContext context, string path) =>
        Answers.TextAsync(context, StatusCodes.Status404NotFound, $"There is no file '{path}' that could be shown");
}
