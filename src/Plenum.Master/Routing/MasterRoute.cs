using Microsoft.AspNetCore.Http;
using Plenum.Http.Access;

namespace Plenum.Master.Routing;

/// <summary>One path of the API. Every path of Mesos answers at the root and below <c>/master</c>.</summary>
/// <param name="Path">With its leading slash.</param>
/// <param name="Method">GET, POST, PUT or DELETE; GET takes HEAD too.</param>
/// <param name="Rule">What a caller must be allowed.</param>
/// <param name="Needs">What the master must be for the path to answer.</param>
/// <param name="Handler">Does the work.</param>
internal sealed record MasterRoute(
    string Path, string Method, AccessRule Rule, MasterPhase Needs, RequestDelegate Handler)
{
    /// <summary>Name of the request's item that holds what came where the path leaves something open.</summary>
    public const string Name = "plenum.path.name";

    /// <summary>Stands in a path for one segment of whatever text: a role, an id.</summary>
    public const string Any = "*";

    /// <summary>Stands at the end of a path for one or more segments: a role with its slashes.</summary>
    public const string AnyRest = "**";

    /// <summary>Mesos dropped these names in 1.8 and DC/OS patched them back.</summary>
    public bool JsonAlias { get; init; }

    public bool Takes(string method) =>
        HttpMethods.Equals(method, Method) || (HttpMethods.IsGet(Method) && HttpMethods.IsHead(method));
}
