using Plenum.Marathon.Definitions.Reading;

namespace Plenum.Metronome.Definitions.Reading;

/// <summary>
/// Other than Marathon, the original refuses what it does not know: a misspelt name is an answer instead of a silent
/// default.
/// </summary>
internal static class KnownMembers
{
    public static void RefuseOthers(this JsonField field, params ReadOnlySpan<string> names)
    {
        foreach (var name in field.MemberNames())
        {
            if (!names.Contains(name))
            {
                field[name].Refuse("is not a property of this object");
            }
        }
    }

    public static JsonField Required(this JsonField field, string name)
    {
        if (!field[name].IsPresent)
        {
            field[name].Refuse("error.path.missing");
        }

        return field[name];
    }
}
