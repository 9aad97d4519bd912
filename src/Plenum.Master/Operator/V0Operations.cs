using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Plenum.Protocol.Json;
using Plenum.Protocol.V1;
using Call = Plenum.Protocol.V1.Master.Call;
using Task = System.Threading.Tasks.Task;
using Type = Plenum.Protocol.V1.Master.Call.Types.Type;

namespace Plenum.Master.Operator;

/// <summary>
/// The older endpoints for reservations and volumes: a form with the agent's id and a JSON array, each the same
/// as a call of the operator API (mesos.md 3.8).
/// </summary>
internal sealed class V0Operations(OperatorChanges changes)
{
    public Task ReserveAsync(HttpContext context) => HandleAsync(context, "resources", static form => new Call
    {
        Type = Type.ReserveResources,
        ReserveResources = new Call.Types.ReserveResources
        {
            AgentId = form.Agent, Resources = { form.Resources }, Source = { form.Source },
        },
    });

    public Task UnreserveAsync(HttpContext context) => HandleAsync(context, "resources", static form => new Call
    {
        Type = Type.UnreserveResources,
        UnreserveResources = new Call.Types.UnreserveResources { AgentId = form.Agent, Resources = { form.Resources } },
    });

    public Task CreateAsync(HttpContext context) => HandleAsync(context, "volumes", static form => new Call
    {
        Type = Type.CreateVolumes,
        CreateVolumes = new Call.Types.CreateVolumes { AgentId = form.Agent, Volumes = { form.Resources } },
    });

    public Task DestroyAsync(HttpContext context) => HandleAsync(context, "volumes", static form => new Call
    {
        Type = Type.DestroyVolumes,
        DestroyVolumes = new Call.Types.DestroyVolumes { AgentId = form.Agent, Volumes = { form.Resources } },
    });

    private async Task HandleAsync(HttpContext context, string field, Func<Form, Call> make)
    {
        if (!context.Request.HasFormContentType)
        {
            await Answers.TextAsync(
                context, HttpStatusCode.BadRequest, $"The body must be a form with 'slaveId=<id>&{field}=<array of resources>'");
            return;
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        var missing = new[] { "slaveId", field }.FirstOrDefault(name => string.IsNullOrEmpty(form[name]));
        if (missing is not null)
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, $"Missing '{missing}' in the request body");
            return;
        }

        string? source = form["source"];
        if (!TryParse(form[field]!, out var resources, out var error)
            || !TryParse(string.IsNullOrEmpty(source) ? "[]" : source, out var replaced, out error))
        {
            await Answers.TextAsync(context, HttpStatusCode.BadRequest, $"'{field}' cannot be read: {error}");
            return;
        }

        await changes.HandleAsync(context, make(new Form(new AgentID { Value = form["slaveId"] }, resources, replaced)));
    }

    private static bool TryParse(
        string text, [NotNullWhen(true)] out IReadOnlyList<Resource>? resources, [NotNullWhen(false)] out string? error)
    {
        (resources, error) = (null, null);
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind == JsonValueKind.Array)
            {
                resources = [.. document.RootElement.EnumerateArray().Select(static element =>
                    MesosJson.Parse<Resource>(Encoding.UTF8.GetBytes(element.GetRawText())))];
                return true;
            }

            error = "it is not an array of resources";
        }
        catch (Exception exception) when (exception is JsonException or MesosJsonException)
        {
            error = exception.Message;
        }

        return false;
    }

    private sealed record Form(AgentID Agent, IReadOnlyList<Resource> Resources, IReadOnlyList<Resource> Source);
}
