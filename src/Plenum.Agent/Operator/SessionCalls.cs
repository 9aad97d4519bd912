using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Plenum.Agent.Book;
using Plenum.Agent.Containers;
using Plenum.Agent.Containers.Terminals;
using Plenum.Agent.Launching;
using Plenum.Agent.Secrets;
using Plenum.Protocol.Json;
using Plenum.Protocol.RecordIO;
using Plenum.Protocol.V1;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Operator;

/// <summary>Exec and attach (mesos.md 6.12): output as a stream of ProcessIO, input as a stream of calls.</summary>
internal sealed class SessionCalls(
    IContainerRuntime runtime, ContainerDirector tasks, SessionRegistry sessions, NestedContainers nested, LaunchSecrets secrets, TimeProvider clock)
{
    /// <summary>Mesos' default of http_heartbeat_interval; proxies close silent connections after a minute.</summary>
    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(30);

    public async Task LaunchAsync(HttpContext context, Call.Types.LaunchNestedContainerSession call)
    {
        if (await StreamFormat.ChooseAsync(context) is not { } format
            || await ContainerCalls.KeyOfAsync(context, call.ContainerId) is not { } key)
        {
            return;
        }

        Session session;
        try
        {
            if (await SpecAsync(context, key, call) is not { } spec)
            {
                return;
            }

            session = await sessions.LaunchAsync(key, spec, context.RequestAborted);
        }
        catch (ContainerLaunchException exception)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, exception.Message);
            return;
        }

        try
        {
            await PumpAsync(context, format, session.FirstOutput);
            if (!context.RequestAborted.IsCancellationRequested)
            {
                // All output is out; the exit code must be known before a client can ask for it in vain.
                await session.Exit.WaitAsync(context.RequestAborted);
            }
        }
        finally
        {
            // The caller's connection is the session's life.
            await sessions.CloseAsync(session);
        }
    }

    public async Task AttachOutputAsync(HttpContext context, ContainerID id)
    {
        if (await StreamFormat.ChooseAsync(context) is not { } format
            || await ContainerCalls.KeyOfAsync(context, id) is not { } key
            || await FindAsync(context, key) is not { } session)
        {
            return;
        }

        await PumpAsync(context, format, session.Attach());
    }

    /// <summary>The request's body is a stream of calls: first which container, then what to type.</summary>
    public async Task AttachInputAsync(HttpContext context)
    {
        if (await MessageFormatAsync(context) is not { } json)
        {
            return;
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            // A session may be typed into for days; each record has its own bound.
            size.MaxRequestBodySize = null;
        }

        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        var records = new RecordReader(context.Request.BodyReader);
        try
        {
            await ReadInputAsync(context, records, json);
        }
        catch (Exception exception) when (exception is RecordIOException or MesosJsonException or InvalidProtocolBufferException)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, $"Failed to parse the stream: {exception.Message}");
        }
    }

    private async Task ReadInputAsync(HttpContext context, RecordReader records, bool json)
    {
        var first = await records.ReadMessageAsync(Call.Parser, json, context.RequestAborted);
        if (first?.AttachContainerInput is not { Type: Call.Types.AttachContainerInput.Types.Type.ContainerId, ContainerId: { } id })
        {
            await Answers.TextAsync(
                context,
                StatusCodes.Status400BadRequest,
                "The first record must be an ATTACH_CONTAINER_INPUT of type CONTAINER_ID");
            return;
        }

        if (await ContainerCalls.KeyOfAsync(context, id) is not { } key || await FindAsync(context, key) is not { } session)
        {
            return;
        }

        if (!session.TryTakeInput())
        {
            await Answers.TextAsync(context, StatusCodes.Status409Conflict, $"Somebody else types into container {key}");
            return;
        }

        try
        {
            while (await records.ReadMessageAsync(Call.Parser, json, context.RequestAborted) is { } call)
            {
                if (call.AttachContainerInput?.ProcessIo is not { } io)
                {
                    await Answers.TextAsync(context, StatusCodes.Status400BadRequest, "Every further record must be of type PROCESS_IO");
                    return;
                }

                await TypeAsync(session, io, context.RequestAborted);
            }

            await Answers.EmptyAsync(context, StatusCodes.Status200OK);
        }
        catch (Exception exception) when (exception is IOException and not RecordIOException or ObjectDisposedException)
        {
            // The process has ended: nobody reads what is typed.
            await Answers.EmptyAsync(context, StatusCodes.Status200OK);
        }
        finally
        {
            session.ReleaseInput();
        }
    }

    private static async Task TypeAsync(IAttachTarget target, ProcessIO io, CancellationToken cancellationToken)
    {
        if (io is { Type: ProcessIO.Types.Type.Control, Control: { Type: ProcessIO.Types.Control.Types.Type.TtyInfo, TtyInfo: { } tty } })
        {
            target.Resize(ContainerSpecs.SizeOf(tty));
        }
        else if (io is { Type: ProcessIO.Types.Type.Data, Data: { Type: ProcessIO.Types.Data.Types.Type.Stdin } data })
        {
            await target.TypeAsync(data.Data_.Memory, cancellationToken);
        }

        // Heartbeats keep proxies from closing the connection and say nothing.
    }

    private async Task<ExecSpec?> SpecAsync(HttpContext context, ContainerKey key, Call.Types.LaunchNestedContainerSession call)
    {
        var problem = key.Parent is null
            ? "Expecting 'launch_nested_container_session.container_id.parent' to be present"
            : nested.FindParent(key.Parent.ToWire()) != key.Parent
                ? $"There is no parent container {key.Parent}"
                : sessions.Find(key) is not null
                    ? $"Container {key} exists already"
                    : call.Command is not { HasValue: true }
                        ? "Expecting 'launch_nested_container_session.command.value' to be present"
                        : call.Container?.LinuxInfo is { ShareCgroups: false }
                            ? "'share_cgroups' cannot be set to 'false' for nested container sessions"
                            : null;
        if (problem is not null)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, problem);
            return null;
        }

        if (sessions.Full)
        {
            await Answers.TextAsync(context, StatusCodes.Status503ServiceUnavailable, "Too many sessions are open on this agent");
            return null;
        }

        var (command, _) = await secrets.ResolveAsync(call.Command, container: null, key.Name, context.RequestAborted);
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var variable in command!.Environment?.Variables ?? [])
        {
            variables[variable.Name] = TaskEnvironment.ValueOf(variable);
        }

        return new ExecSpec
        {
            Command = ContainerSpecs.CommandOf(command, variables, command.HasUser ? command.User : null),
            Terminal = call.Container?.TtyInfo is { } tty ? ContainerSpecs.SizeOf(tty) : null,
        };
    }

    /// <summary>404: no such container. 500: there is, but nothing switches its input and output.</summary>
    private async Task<IAttachTarget?> FindAsync(HttpContext context, ContainerKey key)
    {
        if (((IAttachTarget?)sessions.Find(key) ?? runtime.TerminalOf(key)) is { } target)
        {
            return target;
        }

        if (nested.Knows(key) || tasks.KeyOf(new ContainerId(key.Value)) == key)
        {
            await Answers.TextAsync(
                context,
                StatusCodes.Status500InternalServerError,
                $"Container {key} has no I/O switchboard: its output goes to its sandbox. Launch a session in it instead");
        }
        else
        {
            await ContainerCalls.NotFoundAsync(context, key);
        }

        return null;
    }

    private static async Task<bool?> MessageFormatAsync(HttpContext context)
    {
        var type = context.Request.Headers["Message-Content-Type"].ToString();
        if (type.Length == 0)
        {
            await Answers.TextAsync(context, StatusCodes.Status400BadRequest, "Expecting 'Message-Content-Type' to be present");
            return null;
        }

        if (MediaTypes.Is(type, MediaTypes.Json))
        {
            return true;
        }

        if (MediaTypes.Is(type, MediaTypes.Protobuf))
        {
            return false;
        }

        await Answers.TextAsync(
            context,
            StatusCodes.Status415UnsupportedMediaType,
            $"Expecting 'Message-Content-Type' of {MediaTypes.Json} or {MediaTypes.Protobuf}");
        return null;
    }

    private async Task PumpAsync(HttpContext context, StreamFormat format, ChannelReader<ProcessIO> output)
    {
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        using var heartbeats = new PeriodicTimer(HeartbeatInterval, clock);
        context.Response.ContentType = format.ContentType;
        if (format.MessageContentType is { } messages)
        {
            context.Response.Headers["Message-Content-Type"] = messages;
        }

        await context.Response.StartAsync(context.RequestAborted);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
        var records = new RecordWriter(context.Response.BodyWriter);
        var beat = heartbeats.WaitForNextTickAsync(context.RequestAborted).AsTask();
        while (true)
        {
            var more = output.WaitToReadAsync(context.RequestAborted).AsTask();
            while (await Task.WhenAny(more, beat) == beat)
            {
                await beat;
                await records.WriteAsync(Heartbeat(), format.Json, context.RequestAborted);
                beat = heartbeats.WaitForNextTickAsync(context.RequestAborted).AsTask();
            }

            if (!await more)
            {
                return;
            }

            while (output.TryRead(out var piece))
            {
                await records.WriteAsync(piece, format.Json, context.RequestAborted);
            }
        }
    }

    private static ProcessIO Heartbeat() => new()
    {
        Type = ProcessIO.Types.Type.Control,
        Control = new ProcessIO.Types.Control
        {
            Type = ProcessIO.Types.Control.Types.Type.Heartbeat,
            Heartbeat = new ProcessIO.Types.Control.Types.Heartbeat
            {
                Interval = new DurationInfo { Nanoseconds = HeartbeatInterval.Ticks * 100 },
            },
        },
    };
}
