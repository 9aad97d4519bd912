using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Plenum.Cli.Moving;

/// <summary>The members in which a definition here is not what the source wants.</summary>
internal static class Differences
{
    // Their members are the user's own names: none of them has a default, and an empty text is a text.
    private static readonly HashSet<string> UserMaps =
        new(["env", "environment", "labels", "secrets", "options", "volumeContext", "nodeStageSecret", "nodePublishSecret"], StringComparer.Ordinal);

    // The servers take these words in any case and print them in one.
    private static readonly HashSet<string> Words =
        new(["type", "protocol", "mode", "killSelection", "taskLostBehavior", "kind", "ipProtocol", "scheme"], StringComparer.Ordinal);

    // Without a wish, the cluster's own answer is right: its default role, and a free service port.
    private static readonly HashSet<string> TargetDecides = new(["/role", "/portDefinitions/port", "/container/portMappings/servicePort"], StringComparer.Ordinal);

    /// <summary>Paths of the members that differ, with indices; empty when both say the same.</summary>
    public static IReadOnlyList<string> Between(JsonObject wanted, JsonObject here, bool isPod)
    {
        var found = new List<string>();
        Compare(isPod ? wanted : Defaults.Complete(wanted), isPod ? here : Defaults.Complete(here), "", "", strict: false, isPod, found);
        return found;
    }

    private static void Compare(JsonNode? wanted, JsonNode? here, string path, string kind, bool strict, bool isPod, List<string> found)
    {
        if (TargetDecides.Contains(kind) && IsUnset(wanted))
        {
            return;
        }
        if (!strict)
        {
            if (here is null && kind.Length > 0 && !KnownMembers.Contains(kind, isPod))
            {
                return;
            }
            if (wanted is null != here is null)
            {
                var single = wanted ?? here;
                // An object that is not there has its members at their defaults.
                if (single is JsonObject members && Defaults.Of(kind, isPod) is null && Collapses(members, kind, isPod))
                {
                    return;
                }
                var standard = Defaults.Of(kind, isPod);
                (wanted, here) = (wanted ?? standard, here ?? standard);
                if (UserMaps.Contains(Last(kind)))
                {
                    (wanted, here) = (wanted ?? new JsonObject(), here ?? new JsonObject());
                }
            }
            if (IsEmpty(wanted) && IsEmpty(here))
            {
                return;
            }
        }
        switch (wanted, here)
        {
            case (JsonObject left, JsonObject right):
                var inner = strict || UserMaps.Contains(Last(kind));
                foreach (var name in left.Select(member => member.Key).Union(right.Select(member => member.Key)))
                {
                    Compare(left[name], right[name], $"{path}/{name}", $"{kind}/{name}", inner, isPod, found);
                }
                break;
            case (JsonArray left, JsonArray right) when left.Count == right.Count:
                for (var index = 0; index < left.Count; index++)
                {
                    Compare(left[index], right[index], $"{path}({index})", kind, strict, isPod, found);
                }
                break;
            case (JsonValue left, JsonValue right) when SameValue(left, right, !strict && Words.Contains(Last(kind))):
                break;
            default:
                found.Add(path.Length == 0 ? "/" : path);
                break;
        }
    }

    // Whether nothing in an object says more than its absence does.
    private static bool Collapses(JsonObject members, string kind, bool isPod)
    {
        var found = new List<string>();
        foreach (var (name, value) in members)
        {
            Compare(value, null, name, $"{kind}/{name}", strict: UserMaps.Contains(Last(kind)), isPod, found);
        }
        return found.Count == 0;
    }

    private static string Last(string kind) => kind[(kind.LastIndexOf('/') + 1)..];

    private static bool IsUnset(JsonNode? node) =>
        node is null || (node is JsonValue value && value.GetValueKind() is JsonValueKind.Number && Number(value) == 0);

    private static bool IsEmpty(JsonNode? node) => node switch
    {
        null => true,
        JsonArray items => items.Count == 0,
        JsonObject members => members.Count == 0,
        JsonValue value => value.GetValueKind() is JsonValueKind.String && value.ToString().Length == 0,
        _ => false,
    };

    // 128 and 128.0 are one number: Marathon prints both, by version.
    private static bool SameValue(JsonValue left, JsonValue right, bool anyCase) => (left.GetValueKind(), right.GetValueKind()) switch
    {
        (JsonValueKind.Number, JsonValueKind.Number) => Number(left).Equals(Number(right)),
        (JsonValueKind.String, JsonValueKind.String) =>
            string.Equals(left.ToString(), right.ToString(), anyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal),
        var (one, other) => one == other,
    };

    private static double Number(JsonValue value) => double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture);
}
