using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>A service before (null: new) and after (null: removed) the change.</summary>
internal sealed record ServiceChange(PathId App, RunSpec? Original, RunSpec? Target);
