using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Plenum.Agent.Http;
using Plenum.Agent.Providers;
using Plenum.Http.Access;
using Plenum.Protocol.V1.Agent;

namespace Plenum.Agent.Operator;

/// <summary>POST /api/v1 of the agent (mesos.md 3.2, 3.8): negotiation, then one branch for each call.</summary>
internal sealed class OperatorEndpoint(
    OperatorReads reads,
    ContainerCalls containers,
    SessionCalls sessions,
    LocalCalls local,
    ProviderCalls providers,
    IAccessPolicy access)
{
    public async Task HandleAsync(HttpContext context)
    {
        // 1. The one call whose body is a stream.
        if (MediaTypes.Is(context.Request.ContentType, MediaTypes.RecordIO))
        {
            if (await AllowedAsync(context, Call.Types.Type.AttachContainerInput))
            {
                await sessions.AttachInputAsync(context);
            }

            return;
        }

        if (context.Request.Headers.ContainsKey("Message-Content-Type"))
        {
            await Answers.TextAsync(
                context,
                StatusCodes.Status415UnsupportedMediaType,
                $"'Message-Content-Type' belongs to requests of type {MediaTypes.RecordIO}");
            return;
        }

        // 2. A whole call.
        if (await CallReader.ReadAsync(context, Call.Parser) is not { } call)
        {
            return;
        }

        if (Problem(call) is { } problem)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, problem);
            return;
        }

        if (!await AllowedAsync(context, call.Type))
        {
            return;
        }

        // 3. Those that answer with a stream negotiate for themselves.
        switch (call.Type)
        {
            case Call.Types.Type.LaunchNestedContainerSession:
                await sessions.LaunchAsync(context, call.LaunchNestedContainerSession);
                return;
            case Call.Types.Type.AttachContainerOutput:
                await sessions.AttachOutputAsync(context, call.AttachContainerOutput.ContainerId);
                return;
        }

        // 4. All others.
        if (await FormatAsync(context) is { } json)
        {
            await AnswerAsync(context, call, json);
        }
    }

    private async Task AnswerAsync(HttpContext context, Call call, bool json)
    {
        switch (call.Type)
        {
            case Call.Types.Type.LaunchContainer:
                await containers.LaunchAsync(context, call.LaunchContainer);
                break;
            case Call.Types.Type.LaunchNestedContainer:
                await containers.LaunchAsync(context, new Call.Types.LaunchContainer
                {
                    ContainerId = call.LaunchNestedContainer.ContainerId,
                    Command = call.LaunchNestedContainer.Command,
                    Container = call.LaunchNestedContainer.Container,
                });
                break;
            case Call.Types.Type.WaitContainer:
                await containers.WaitAsync(context, call.WaitContainer.ContainerId, oldSpelling: false, json);
                break;
            case Call.Types.Type.WaitNestedContainer:
                await containers.WaitAsync(context, call.WaitNestedContainer.ContainerId, oldSpelling: true, json);
                break;
            case Call.Types.Type.KillContainer:
                await containers.KillAsync(
                    context,
                    call.KillContainer.ContainerId,
                    call.KillContainer.HasSignal ? call.KillContainer.Signal : null);
                break;
            case Call.Types.Type.KillNestedContainer:
                await containers.KillAsync(
                    context,
                    call.KillNestedContainer.ContainerId,
                    call.KillNestedContainer.HasSignal ? call.KillNestedContainer.Signal : null);
                break;
            case Call.Types.Type.RemoveContainer:
                await containers.RemoveAsync(context, call.RemoveContainer.ContainerId);
                break;
            case Call.Types.Type.RemoveNestedContainer:
                await containers.RemoveAsync(context, call.RemoveNestedContainer.ContainerId);
                break;
            case var type when LocalCalls.Serves(type):
                await local.HandleAsync(context, call, json);
                break;
            default:
                if (!await providers.TryAnswerAsync(context, call))
                {
                    await ReadAsync(context, call, json);
                }

                break;
        }
    }

    private async Task ReadAsync(HttpContext context, Call call, bool json)
    {
        if (await reads.AnswerAsync(call, context.RequestAborted) is not { } response)
        {
            await Answers.TextAsync(
                context,
                StatusCodes.Status501NotImplemented,
                $"This agent does not do {NameOf(call.Type)}");
        }
        else
        {
            await Answers.MessageAsync(context, response, json);
        }
    }

    private async Task<bool> AllowedAsync(HttpContext context, Call.Types.Type type) =>
        CallRules.Of(type) is not { } rule || await access.PassesAsync(rule, context);

    /// <summary>Null when neither form is acceptable and the request was answered so.</summary>
    private static async Task<bool?> FormatAsync(HttpContext context)
    {
        if (context.Request.Headers.ContainsKey("Message-Accept"))
        {
            await Answers.TextAsync(
                context,
                StatusCodes.Status406NotAcceptable,
                $"'Message-Accept' belongs to calls that answer in {MediaTypes.RecordIO}");
            return null;
        }

        var accept = context.Request.Headers.Accept;
        if (MediaTypes.Accepts(accept, MediaTypes.Json))
        {
            return true;
        }

        if (MediaTypes.Accepts(accept, MediaTypes.Protobuf))
        {
            return false;
        }

        await Answers.TextAsync(
            context,
            StatusCodes.Status406NotAcceptable,
            $"Expecting 'Accept' to allow {MediaTypes.Json} or {MediaTypes.Protobuf}");
        return null;
    }

    private static string? Problem(Call call)
    {
        if (!call.HasType)
        {
            return "Expecting 'type' to be present";
        }

        if (call.Type == Call.Types.Type.AttachContainerInput)
        {
            return $"ATTACH_CONTAINER_INPUT is a stream: its 'Content-Type' must be {MediaTypes.RecordIO}";
        }

        IMessage? part = call.Type switch
        {
            Call.Types.Type.SetLoggingLevel => call.SetLoggingLevel,
            Call.Types.Type.ListFiles => call.ListFiles,
            Call.Types.Type.ReadFile => call.ReadFile,
            Call.Types.Type.LaunchContainer => call.LaunchContainer,
            Call.Types.Type.WaitContainer => call.WaitContainer,
            Call.Types.Type.KillContainer => call.KillContainer,
            Call.Types.Type.RemoveContainer => call.RemoveContainer,
            Call.Types.Type.LaunchNestedContainer => call.LaunchNestedContainer,
            Call.Types.Type.WaitNestedContainer => call.WaitNestedContainer,
            Call.Types.Type.KillNestedContainer => call.KillNestedContainer,
            Call.Types.Type.RemoveNestedContainer => call.RemoveNestedContainer,
            Call.Types.Type.LaunchNestedContainerSession => call.LaunchNestedContainerSession,
            Call.Types.Type.AttachContainerOutput => call.AttachContainerOutput,
            Call.Types.Type.AddResourceProviderConfig => call.AddResourceProviderConfig,
            Call.Types.Type.UpdateResourceProviderConfig => call.UpdateResourceProviderConfig,
            Call.Types.Type.RemoveResourceProviderConfig => call.RemoveResourceProviderConfig,
            Call.Types.Type.MarkResourceProviderGone => call.MarkResourceProviderGone,
            _ => call,
        };
        return part is null ? $"Expecting '{FieldOf(call.Type)}' to be present"
            : NestedIn(call) is { Parent: null } ? $"Expecting '{FieldOf(call.Type)}.container_id.parent' to be present"
            : null;
    }

    /// <summary>The older spellings are for nested containers only: without a parent they would reach others.</summary>
    private static Protocol.V1.ContainerID? NestedIn(Call call) => call.Type switch
    {
        Call.Types.Type.LaunchNestedContainer => call.LaunchNestedContainer.ContainerId,
        Call.Types.Type.WaitNestedContainer => call.WaitNestedContainer.ContainerId,
        Call.Types.Type.KillNestedContainer => call.KillNestedContainer.ContainerId,
        Call.Types.Type.RemoveNestedContainer => call.RemoveNestedContainer.ContainerId,
        _ => null,
    };

    private static string NameOf(Call.Types.Type type) =>
        Call.Descriptor.EnumTypes[0].FindValueByNumber((int)type)?.Name ?? $"call {(int)type}";

    private static string FieldOf(Call.Types.Type type)
    {
        var upper = NameOf(type);
        return Call.Descriptor.Fields.InDeclarationOrder()
            .First(field => string.Equals(field.Name, upper, StringComparison.OrdinalIgnoreCase)).Name;
    }
}
