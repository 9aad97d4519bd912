using Microsoft.AspNetCore.Http;
using Plenum.Http.Access;

namespace Plenum.Agent.Http;

/// <summary>One path of the API. Every path answers at the root and below <c>/slave(1)</c>.</summary>
/// <param name="Path">With its leading slash.</param>
/// <param name="Method">GET or POST; GET takes HEAD too.</param>
/// <param name="Rule">What a caller must be allowed.</param>
/// <param name="Recovered">False: answers also while the agent still reads what an earlier one left.</param>
/// <param name="Handler">Does the work.</param>
internal sealed record AgentRoute(string Path, string Method, AccessRule Rule, bool Recovered, RequestDelegate Handler)
{
    /// <summary>Stands in a path for its last segment, whatever that is.</summary>
    public const string Any = "*";

    /// <summary>Stands in a path for all its further segments, one at least.</summary>
    public const string AllBelow = "**";

    /// <summary>Mesos dropped the .json spellings in 1.8 and DC/OS patched them back.</summary>
    public bool JsonAlias { get; init; }

    public bool Takes(string method) =>
        HttpMethods.Equals(method, Method) || (HttpMethods.IsGet(Method) && HttpMethods.IsHead(method));
}
