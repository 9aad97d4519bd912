using Microsoft.AspNetCore.Http;

namespace Plenum.Master.Routing;

/// <summary>One path of the API. Every path of Mesos answers at the root and below <c>/master</c>.</summary>
/// <param name="Path">With its leading slash.</param>
/// <param name="Method">GET or POST; GET takes HEAD too.</param>
/// <param name="Rule">Name of the authorisation rule that guards it once callers have identities.</param>
/// <param name="Needs">What the master must be for the path to answer.</param>
/// <param name="Handler">Does the work.</param>
internal sealed record MasterRoute(
    string Path, string Method, string Rule, MasterPhase Needs, RequestDelegate Handler)
{
    /// <summary>Mesos dropped these names in 1.8 and DC/OS patched them back.</summary>
    public bool JsonAlias { get; init; }

    public bool Takes(string method) =>
        HttpMethods.Equals(method, Method) || (HttpMethods.IsGet(Method) && HttpMethods.IsHead(method));
}
