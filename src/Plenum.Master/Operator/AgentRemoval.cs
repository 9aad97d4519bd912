using System.Net;
using Microsoft.AspNetCore.Http;
using Plenum.Kernel.Commands;
using Plenum.Kernel.Snapshots;
using Plenum.Master.Loop;
using Plenum.Protocol.Identity;

namespace Plenum.Master.Operator;

/// <summary>MARK_AGENT_GONE: the agent's tasks are given up and it is never let in again.</summary>
internal sealed class AgentRemoval(KernelLoop loop)
{
    public async Task HandleAsync(HttpContext context, AgentId agent)
    {
        var state = await loop.SnapshotAsync(context.RequestAborted);
        if (!Known(state, agent))
        {
            await Answers.TextAsync(context, HttpStatusCode.NotFound, $"No agent found with ID {agent.Value}");
            return;
        }

        // Saying it twice is not an error, as in Mesos; the kernel ignores an agent that is gone already.
        await loop.SubmitAsync(new KernelCommand.MarkAgentGone(agent), context.RequestAborted);
        await loop.SnapshotAsync(context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    private static bool Known(ClusterSnapshot state, AgentId id) =>
        state.FindAgent(id) is not null
        || state.RecoveredAgents.Concat(state.UnreachableAgents).Concat(state.GoneAgents).Any(agent => agent.Id == id);
}
