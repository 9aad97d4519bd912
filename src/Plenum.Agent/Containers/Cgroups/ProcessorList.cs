using System.Globalization;

namespace Plenum.Agent.Containers.Cgroups;

/// <summary>The kernel's way to write numbers of processors: "0-3,8".</summary>
internal static class ProcessorList
{
    /// <exception cref="FormatException">It is no such list.</exception>
    public static IReadOnlyList<int> Parse(string text)
    {
        var processors = new SortedSet<int>();
        foreach (var part in text.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var bounds = part.Split('-');
            var first = int.Parse(bounds[0], CultureInfo.InvariantCulture);
            var last = bounds.Length == 1 ? first : int.Parse(bounds[1], CultureInfo.InvariantCulture);
            processors.UnionWith(Enumerable.Range(first, last - first + 1));
        }

        return [.. processors];
    }

    public static string Format(IEnumerable<int> processors) =>
        string.Join(',', processors.Order().Select(static number => number.ToString(CultureInfo.InvariantCulture)));
}
