namespace Plenum.Marathon.Definitions.Reading;

/// <summary>A volume's kind is told by the member that only this kind has.</summary>
internal static class VolumeReader
{
    public static Volume? Read(JsonField volume)
    {
        if (!volume.RequireObject())
        {
            return null;
        }

        var path = volume["containerPath"].RequiredText();
        var kinds = new[] { "persistent", "external", "secret", "hostPath" }.Where(kind => volume[kind].IsPresent).ToList();
        if (kinds.Count > 1)
        {
            volume.Refuse($"must be of one kind, not {string.Join(" and ", kinds)} at once");
            return null;
        }

        switch (kinds.FirstOrDefault())
        {
            case "persistent":
                return ReadPersistent(volume, path);
            case "external":
                return ReadExternal(volume, path);
            case "secret":
                return new Volume.Secret(path, volume["secret"].RequiredText()) { Mode = VolumeMode.ReadOnly };
            default:
                return new Volume.Host(path, volume["hostPath"].RequiredText()) { Mode = ReadMode(volume) };
        }
    }

    private static VolumeMode ReadMode(JsonField volume, VolumeMode otherwise = VolumeMode.ReadWrite) =>
        volume["mode"].Enumeration(WireNames.VolumeModes) ?? otherwise;

    internal static Volume.Persistent? ReadPersistent(JsonField volume, string path)
    {
        var persistent = volume["persistent"];
        if (!persistent.RequireObject())
        {
            return null;
        }

        if (!persistent["size"].IsPresent)
        {
            persistent["size"].Refuse("error.path.missing");
        }

        var profile = persistent["profileName"].Text(minLength: 1);
        return new Volume.Persistent(path, persistent["size"].Long(1, (long)Bounds.MaxAmount) ?? 1)
        {
            Mode = ReadMode(volume),
            Type = persistent["type"].Enumeration(WireNames.PersistentVolumeTypes)
                ?? (profile is null ? PersistentVolumeType.Root : PersistentVolumeType.Mount),
            MaxSizeMegabytes = persistent["maxSize"].Long(1, (long)Bounds.MaxAmount),
            ProfileName = profile,
            Constraints = persistent["constraints"].List(ConstraintReader.ReadArray) ?? [],
        };
    }

    private static Volume? ReadExternal(JsonField volume, string path)
    {
        var external = volume["external"];
        if (!external.RequireObject())
        {
            return null;
        }

        var provider = external["provider"].RequiredText();
        switch (provider)
        {
            case "csi":
                return ReadCsi(volume, path, external);
            case "dvdi":
                return new Volume.Dvdi(path, external["name"].RequiredText())
                {
                    Mode = ReadMode(volume),
                    SizeGigabytes = external["size"].Integer(1, (int)Bounds.MaxAmount),
                    Options = external["options"].TextMap() ?? ValueMap<string>.Empty,
                    Shared = external["shared"].Boolean() ?? false,
                };
            default:
                if (provider.Length > 0)
                {
                    external["provider"].Refuse("must be one of: dvdi, csi");
                }

                return null;
        }
    }

    private static Volume.Csi? ReadCsi(JsonField volume, string path, JsonField external)
    {
        var options = external["options"];
        if (!options.RequireObject())
        {
            return null;
        }

        var capability = options["capability"];
        if (!capability.RequireObject())
        {
            return null;
        }

        return new Volume.Csi(path, external["name"].RequiredText(), options["pluginName"].RequiredText())
        {
            Mode = ReadMode(volume),
            Capability = new CsiCapability(
                Required(capability["accessMode"], WireNames.CsiAccessModes),
                Required(capability["accessType"], WireNames.CsiAccessTypes))
            {
                FileSystemType = capability["fsType"].Text(minLength: 1),
                MountFlags = capability["mountFlags"].Texts() ?? [],
            },
            NodeStageSecrets = options["nodeStageSecret"].TextMap() ?? ValueMap<string>.Empty,
            NodePublishSecrets = options["nodePublishSecret"].TextMap() ?? ValueMap<string>.Empty,
            VolumeContext = options["volumeContext"].TextMap() ?? ValueMap<string>.Empty,
        };
    }

    private static T Required<T>(JsonField field, WireNames<T> names)
        where T : struct, Enum
    {
        if (!field.IsPresent)
        {
            field.Refuse("error.path.missing");
        }

        return field.Enumeration(names) ?? default;
    }
}
