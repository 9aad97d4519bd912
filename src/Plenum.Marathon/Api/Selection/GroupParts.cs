namespace Plenum.Marathon.Api.Selection;

/// <summary>What a client wants to see of a group. Naming anything drops what would be shown by default.</summary>
internal sealed record GroupParts(bool Groups, bool Apps, bool Pods, AppParts AppParts)
{
    public static readonly GroupParts Default = new(Groups: true, Apps: true, Pods: true, AppParts.None);
}
