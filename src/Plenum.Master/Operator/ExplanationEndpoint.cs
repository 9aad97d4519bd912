using System.Buffers;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Plenum.Kernel.Explaining;
using Plenum.Master.Loop;
using Plenum.Master.Routing;
using Plenum.Protocol.Identity;

namespace Plenum.Master.Operator;

/// <summary>
/// <c>GET /api/v1/plenum/frameworks/&lt;id&gt;/explain</c>: for each role of a framework, how many agents
/// could be offered to it now and what keeps the others from it.
/// </summary>
internal sealed class ExplanationEndpoint(KernelLoop loop, OperatorRequests requests)
{
    public async Task HandleAsync(HttpContext context)
    {
        var id = Requests.NameOf(context);
        if (await requests.ExplainAsync(loop, new FrameworkId(id), context.RequestAborted) is not { } explanation)
        {
            await Answers.TextAsync(context, HttpStatusCode.NotFound, $"No framework found with ID {id}");
            return;
        }

        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body))
        {
            Write(json, explanation);
        }

        await Answers.BytesAsync(context, MediaTypes.Json, body.WrittenMemory);
    }

    private static void Write(Utf8JsonWriter json, FrameworkExplanation explanation)
    {
        json.WriteStartObject();
        json.WriteString("id", explanation.Id.Value);
        json.WriteString("name", explanation.Name);
        json.WriteBoolean("connected", explanation.Connected);
        json.WriteBoolean("active", explanation.Active);
        json.WriteBoolean("leaves_offers_unanswered", explanation.Late);
        json.WriteBoolean("waiting_for_agents", explanation.Held);
        json.WriteTime("time", explanation.Time);
        if (explanation.LastAllocation is { } last)
        {
            json.WriteTime("last_allocation", last);
        }

        json.WriteStartArray("roles");
        foreach (var role in explanation.Roles)
        {
            json.WriteStartObject();
            json.WriteString("role", role.Role);
            json.WriteBoolean("suppressed", role.Suppressed);
            json.WriteDouble("weight", role.Weight);
            json.WriteDouble("share", role.Share);
            if (role.Before is { } before)
            {
                json.WriteNumber("served_before_it", before);
            }

            json.WriteNumber("offers", role.Offers);
            json.WriteStartArray("agents");
            foreach (var (obstacle, count) in role.Agents)
            {
                json.WriteStartObject();
                json.WriteString("reason", NameOf(obstacle));
                json.WriteNumber("count", count);
                json.WriteString("meaning", MeaningOf(obstacle));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string NameOf(OfferObstacle obstacle) => obstacle switch
    {
        OfferObstacle.None => "none",
        OfferObstacle.AgentDisconnected => "agent_disconnected",
        OfferObstacle.AgentDeactivated => "agent_deactivated",
        OfferObstacle.AgentDraining => "agent_draining",
        OfferObstacle.NotWhitelisted => "not_whitelisted",
        OfferObstacle.NeedsGpuCapability => "needs_gpu_resources",
        OfferObstacle.NeedsRegionCapability => "needs_region_aware",
        OfferObstacle.Constraint => "constraint",
        OfferObstacle.KeptForPriority => "kept_for_priority",
        OfferObstacle.InUse => "in_use",
        OfferObstacle.OfferedToIt => "offered_to_it",
        OfferObstacle.OfferedToOthers => "offered_to_others",
        OfferObstacle.Reserved => "reserved",
        OfferObstacle.NeedsResourceCapability => "needs_resource_capability",
        OfferObstacle.QuotaLimit => "quota_limit",
        OfferObstacle.KeptForGuarantees => "kept_for_guarantees",
        OfferObstacle.TooSmall => "too_small",
        _ => "refused",
    };

    private static string MeaningOf(OfferObstacle obstacle) => obstacle switch
    {
        OfferObstacle.None => "Free: it is offered when the framework's turn comes",
        OfferObstacle.AgentDisconnected => "The agent's connection is broken",
        OfferObstacle.AgentDeactivated => "An operator deactivated the agent (REACTIVATE_AGENT ends that)",
        OfferObstacle.AgentDraining => "An operator drains the agent, or it is drained (REACTIVATE_AGENT ends that)",
        OfferObstacle.NotWhitelisted => "The master's whitelist does not name the agent",
        OfferObstacle.NeedsGpuCapability => "The agent has GPUs; the framework must declare GPU_RESOURCES",
        OfferObstacle.NeedsRegionCapability => "The agent is in another region; the framework must declare REGION_AWARE",
        OfferObstacle.Constraint => "The framework's own offer constraints exclude the agent",
        OfferObstacle.KeptForPriority => "Tasks end there for a more important role, which is offered the agent first",
        OfferObstacle.InUse => "Tasks use what the agent has",
        OfferObstacle.OfferedToIt => "Offered to the framework, which has not answered yet",
        OfferObstacle.OfferedToOthers => "Offered to other frameworks, which have not answered yet",
        OfferObstacle.Reserved => "What is free is reserved for other roles",
        OfferObstacle.NeedsResourceCapability =>
            "What is free needs SHARED_RESOURCES, REVOCABLE_RESOURCES or RESERVATION_REFINEMENT",
        OfferObstacle.QuotaLimit => "The role has reached the limit of its quota",
        OfferObstacle.KeptForGuarantees => "What is free is kept for the guarantees of other roles",
        OfferObstacle.TooSmall => "The agent has less than the least amount worth an offer",
        _ => "The framework declined it for a time that is not over (REVIVE ends that)",
    };
}
