using Microsoft.AspNetCore.Http;
using Plenum.Agent.Loop;
using Plenum.Protocol.V1.Agent;
using Task = System.Threading.Tasks.Task;

namespace Plenum.Agent.Providers;

/// <summary>The operator calls about resource providers.</summary>
internal sealed class ProviderCalls(AgentLoop loop, ProviderConfigurations configurations, ProviderEndpoint providers)
{
    /// <summary>False: none of these calls.</summary>
    public async Task<bool> TryAnswerAsync(HttpContext context, Call call)
    {
        switch (call.Type)
        {
            case Call.Types.Type.AddResourceProviderConfig:
                await AnswerAsync(context, await configurations.AddAsync(call.AddResourceProviderConfig.Info, loop));
                return true;
            case Call.Types.Type.UpdateResourceProviderConfig:
                await AnswerAsync(context, await configurations.UpdateAsync(call.UpdateResourceProviderConfig.Info, loop));
                return true;
            case Call.Types.Type.RemoveResourceProviderConfig:
                var (type, name) = (call.RemoveResourceProviderConfig.Type, call.RemoveResourceProviderConfig.Name);
                await AnswerAsync(context, await configurations.RemoveAsync(type, name, loop));
                return true;
            case Call.Types.Type.MarkResourceProviderGone:
                var id = call.MarkResourceProviderGone.ResourceProviderId;
                var reply = await providers.MarkGoneAsync(id.Value, context.RequestAborted);
                await AnswerAsync(context, reply.Message is { } problem ? (reply.StatusCode, problem) : null);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What there is of each that the agent knows, gone ones included.</summary>
    public static Response.Types.GetResourceProviders Describe(IEnumerable<Book.ProviderSnapshot> known) => new()
    {
        ResourceProviders =
        {
            known.Select(static provider => new Response.Types.GetResourceProviders.Types.ResourceProvider
            {
                ResourceProviderInfo = provider.Info, TotalResources = { provider.Total.ToWire() },
            }),
        },
    };

    private static Task AnswerAsync(HttpContext context, (int Status, string Message)? problem) => problem is { } no
        ? Answers.TextAsync(context, no.Status, no.Message)
        : Answers.EmptyAsync(context, StatusCodes.Status200OK);
}
