using System.Globalization;

namespace Plenum.Http.Files;

/// <summary>Users and groups by name, read once: accounts of a machine rarely change, and a number is right too.</summary>
internal sealed class AccountNames
{
    private readonly Dictionary<uint, string> _users = Read("/etc/passwd");
    private readonly Dictionary<uint, string> _groups = Read("/etc/group");

    public string User(uint id) => Name(_users, id);

    public string Group(uint id) => Name(_groups, id);

    private static string Name(Dictionary<uint, string> names, uint id) =>
        names.TryGetValue(id, out var name) ? name : id.ToString(CultureInfo.InvariantCulture);

    private static Dictionary<uint, string> Read(string path)
    {
        var names = new Dictionary<uint, string>();
        if (File.Exists(path))
        {
            foreach (var line in File.ReadLines(path))
            {
                var fields = line.Split(':');
                if (fields.Length > 2 && uint.TryParse(fields[2], CultureInfo.InvariantCulture, out var id))
                {
                    names.TryAdd(id, fields[0]);
                }
            }
        }

        return names;
    }
}
