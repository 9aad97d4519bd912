using System.Buffers;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Plenum.Kernel.Preemption;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Loop;
using Plenum.Master.Negotiation;

namespace Plenum.Master.Operator;

/// <summary>
/// <c>/api/v1/plenum/priorities</c>: GET shows <c>[{"role": …, "priority": …}]</c>, PUT takes the same and
/// changes the roles it names; null takes a role's priority away.
/// </summary>
internal sealed class PriorityEndpoint(KernelLoop loop, OperatorRequests requests)
{
    /// <summary>Ten thousand roles, the most there may be, of a hundred letters each.</summary>
    private const int MaxBytes = 2 * 1024 * 1024;

    public static void Write(Utf8JsonWriter json, ClusterSnapshot state)
    {
        json.WriteStartArray();
        foreach (var (role, priority) in state.Priorities)
        {
            json.WriteStartObject();
            json.WriteString("role", role);
            json.WriteNumber("priority", priority);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public async Task ChangeAsync(HttpContext context)
    {
        var (set, removed) = (new List<RolePriority>(), new List<string>());
        var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted, MaxBytes);
        var error = Read(body, set, removed);
        context.Request.BodyReader.AdvanceTo(body.End);
        if (error is not null)
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, error);
            return;
        }

        if (await requests.PrioritizeAsync(loop, set, removed, context.RequestAborted) is { } refusal)
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, refusal.Reason);
            return;
        }

        context.Response.ContentLength = 0;
    }

    private static string? Read(ReadOnlySequence<byte> text, List<RolePriority> set, List<string> removed)
    {
        const string shape = "The body must be an array of {\"role\": text, \"priority\": whole number or null}";
        try
        {
            using var body = JsonDocument.Parse(text);
            if (body.RootElement.ValueKind != JsonValueKind.Array)
            {
                return shape;
            }

            foreach (var entry in body.RootElement.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object
                    || !entry.TryGetProperty("role", out var role) || role.ValueKind != JsonValueKind.String
                    || !entry.TryGetProperty("priority", out var priority))
                {
                    return shape;
                }

                if (priority.ValueKind == JsonValueKind.Null)
                {
                    removed.Add(role.GetString()!);
                }
                else if (priority.ValueKind == JsonValueKind.Number && priority.TryGetInt32(out var value))
                {
                    set.Add(new RolePriority(role.GetString()!, value));
                }
                else
                {
                    return shape;
                }
            }

            return null;
        }
        catch (JsonException exception)
        {
            return $"{shape}: {exception.Message}";
        }
        catch (InvalidOperationException)
        {
            // Syntax alone lets escapes and bytes pass that are no Unicode; reading the text finds them.
            return $"{shape}: a text is not Unicode";
        }
    }
}
