using Plenum.Marathon.Definitions;
using Plenum.Marathon.Persistence;

namespace Plenum.Marathon.Deployments;

/// <summary>A group's own properties before (null: new) and after (null: removed) the change.</summary>
internal sealed record GroupChange(PathId Group, StoredGroup? Original, StoredGroup? Target);
