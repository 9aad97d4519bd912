namespace Plenum.Http.Diagnostics;

/// <summary>One path as <c>/help</c> shows it.</summary>
public readonly record struct RouteDescription(string Path, string Method, string Rule);
