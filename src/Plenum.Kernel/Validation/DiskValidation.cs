using Plenum.Protocol.Resources;
using Plenum.Protocol.V1;
using SourceType = Plenum.Protocol.V1.Resource.Types.DiskInfo.Types.Source.Types.Type;

namespace Plenum.Kernel.Validation;

/// <summary>Rules of CREATE_DISK and DESTROY_DISK (mesos.md 4.4). Whether the profile exists only the provider knows.</summary>
internal static class DiskValidation
{
    internal static string? Create(Offer.Types.Operation.Types.CreateDisk create)
    {
        if (Check(create.Source) is { } error)
        {
            return error;
        }

        var source = create.Source.Disk.Source;
        return source.Type != SourceType.Raw ? "'source' is not a RAW disk resource"
            : create.TargetType is not (SourceType.Mount or SourceType.Block) ? "'target_type' is neither MOUNT nor BLOCK"
            : source.HasProfile && create.HasTargetProfile ? "'target_profile' must not be set when 'source' has a profile"
            : !source.HasProfile && !create.HasTargetProfile ? "'target_profile' must be set when 'source' has no profile"
            : null;
    }

    internal static string? Destroy(Offer.Types.Operation.Types.DestroyDisk destroy)
    {
        if (Check(destroy.Source) is { } error)
        {
            return error;
        }

        return destroy.Source.Disk.Source switch
        {
            { Type: SourceType.Mount or SourceType.Block } => null,
            { Type: SourceType.Raw, HasId: true } => null,
            _ => "'source' is neither a MOUNT, a BLOCK nor a RAW disk resource with an id",
        };
    }

    private static string? Check(Resource source)
    {
        if (ResourceSet.Validate([source]) is { } error)
        {
            return $"'source' is invalid: {error}";
        }

        return source.ProviderId is null ? "'source' is not managed by a resource provider"
            : source.Disk?.Source is null ? "'source' is not a disk with a source"
            : source.Disk.Persistence is not null ? "'source' is a persistent volume: destroy it first"
            : source.Shared is not null ? "'source' is shared"
            : source.Revocable is not null ? "'source' is revocable"
            : null;
    }
}
