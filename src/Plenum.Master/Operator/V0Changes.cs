using System.Buffers;
using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Plenum.Master.Negotiation;
using Plenum.Protocol.V1.Maintenance;
using Plenum.Protocol.V1.Master;
using Plenum.Protocol.V1.Quota;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Operator;

/// <summary>The older endpoints that change the cluster, each the same as a call of the operator API. Bodies are JSON whatever their Content-Type says, as with Mesos.</summary>
internal sealed class V0Changes(OperatorChanges changes)
{
    /// <summary><c>PUT /weights</c> with <c>[{"role": …, "weight": …}]</c>.</summary>
    public async Task WeightsAsync(HttpContext context)
    {
        if (await ReadAsync(context, Call.Types.UpdateWeights.Parser, arrayOf: "weight_infos") is { } weights)
        {
            await changes.HandleAsync(context, new Call { Type = Type.UpdateWeights, UpdateWeights = weights });
        }
    }

    /// <summary><c>POST /quota</c> with a quota request.</summary>
    public async Task SetQuotaAsync(HttpContext context)
    {
        if (await ReadAsync(context, QuotaRequest.Parser) is { } quota)
        {
            await changes.HandleAsync(context, new Call
            {
                Type = Type.SetQuota, SetQuota = new Call.Types.SetQuota { QuotaRequest = quota },
            });
        }
    }

    /// <summary><c>DELETE /quota/&lt;role&gt;</c>.</summary>
    public Task RemoveQuotaAsync(HttpContext context, string role) => changes.HandleAsync(context, new Call
    {
        Type = Type.RemoveQuota, RemoveQuota = new Call.Types.RemoveQuota { Role = role },
    });

    /// <summary><c>POST /maintenance/schedule</c> with the whole schedule.</summary>
    public async Task ScheduleAsync(HttpContext context)
    {
        if (await ReadAsync(context, Schedule.Parser) is { } schedule)
        {
            await changes.HandleAsync(context, new Call
            {
                Type = Type.UpdateMaintenanceSchedule,
                UpdateMaintenanceSchedule = new Call.Types.UpdateMaintenanceSchedule { Schedule = schedule },
            });
        }
    }

    /// <summary><c>POST /machine/down</c> with <c>[{"hostname": …, "ip": …}]</c>.</summary>
    public async Task MachineDownAsync(HttpContext context)
    {
        if (await ReadAsync(context, Call.Types.StartMaintenance.Parser, arrayOf: "machines") is { } start)
        {
            await changes.HandleAsync(context, new Call { Type = Type.StartMaintenance, StartMaintenance = start });
        }
    }

    /// <summary><c>POST /machine/up</c> with <c>[{"hostname": …, "ip": …}]</c>.</summary>
    public async Task MachineUpAsync(HttpContext context)
    {
        if (await ReadAsync(context, Call.Types.StopMaintenance.Parser, arrayOf: "machines") is { } stop)
        {
            await changes.HandleAsync(context, new Call { Type = Type.StopMaintenance, StopMaintenance = stop });
        }
    }

    /// <summary>Null when the body is not what it should be, which then has been answered.</summary>
    private static async Task<T?> ReadAsync<T>(HttpContext context, MessageParser<T> parser, string? arrayOf = null)
        where T : class, IMessage<T>, new()
    {
        var request = context.Request;
        var body = await RequestBody.ReadAsync(request, context.RequestAborted);
        var text = body.ToArray().AsMemory();
        request.BodyReader.AdvanceTo(body.End);

        // Some bodies are bare arrays; with its name around it the array is a message.
        string? error = null;
        if (arrayOf is not null)
        {
            var trimmed = text.Span.Trim(" \t\r\n"u8);
            error = trimmed is [(byte)'[', .., (byte)']'] ? null : "The body must be a JSON array";
            text = (byte[])[.. "{\""u8, .. System.Text.Encoding.ASCII.GetBytes(arrayOf), .. "\":"u8, .. trimmed, .. "}"u8];
        }

        if (error is null && WireCodec.TryDecode(BodyFormat.Json, parser, new ReadOnlySequence<byte>(text), out var message, out error))
        {
            return message;
        }

        await Answers.TextAsync(context, HttpStatusCode.BadRequest, error!);
        return null;
    }
}
