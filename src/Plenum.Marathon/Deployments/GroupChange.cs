using Plenum.Marathon.Definitions;

namespace Plenum.Marathon.Deployments;

/// <summary>A group's own properties, without what is in it, before (null: new) and after (null: removed) the change.</summary>
internal sealed record GroupChange(PathId Group, Group? Original, Group? Target);
