using System.Runtime.InteropServices;

namespace Plenum.Marathon.Api.Routing;

/// <summary>What a route's placeholders stood for. The id is without its leading slash.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RouteValues(string? Id, string? Argument);
