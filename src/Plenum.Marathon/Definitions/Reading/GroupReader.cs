namespace Plenum.Marathon.Definitions.Reading;

internal static class GroupReader
{
    /// <summary>Deeper than any organisation chart; keeps every walk over the tree shallow.</summary>
    public const int MaxDepth = 30;

    public static GroupUpdate Read(JsonField group, PathId origin, PathId? fixedId = null) =>
        Read(group, origin, fixedId, depth: 0);

    private static GroupUpdate Read(JsonField group, PathId origin, PathId? fixedId, int depth)
    {
        if (!group.RequireObject())
        {
            return new GroupUpdate(fixedId ?? origin);
        }

        var id = fixedId ?? group["id"].PathFrom(origin);
        if (id is null)
        {
            if (!group["id"].IsPresent)
            {
                group["id"].Refuse("error.path.missing");
            }

            id = origin;
        }

        if (depth > MaxDepth)
        {
            group.Refuse($"groups must not be nested deeper than {MaxDepth} levels");
            return new GroupUpdate(id.Value);
        }

        var self = id.Value;
        return new GroupUpdate(self)
        {
            Apps = group["apps"].List(app => ReadApp(app, self), Bounds.MaxMembers),
            Groups = group["groups"].List(child => Read(child, self, fixedId: null, depth + 1), Bounds.MaxMembers),
            Dependencies = group["dependencies"].Paths(self),
            EnforceRole = group["enforceRole"].Boolean(),
            ScaleBy = group["scaleBy"].Number(0, Bounds.MaxAmount),
            Version = group["version"].Moment(),
        };
    }

    private static AppUpdate ReadApp(JsonField app, PathId group)
    {
        var update = AppReader.Read(app, group);
        if (update.Id is null && !app["id"].IsPresent)
        {
            app["id"].Refuse("error.path.missing");
        }

        return update;
    }
}
