using System.Diagnostics.CodeAnalysis;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// The absolute, canonical path of an app, a pod or a group: <c>/</c> or <c>/segment/segment</c>.
/// Ordinal order, which lists a group before what is in it.
/// </summary>
internal readonly record struct PathId : IComparable<PathId>
{
    /// <summary>Paths name directories, cgroups and DNS labels later on; PATH_MAX / 4 leaves room for all of them.</summary>
    public const int MaxLength = 1024;

    public static readonly PathId Root;

    // null is the root, so that default(PathId) equals Root.
    private readonly string? _text;

    private PathId(string? text) => _text = text;

    public string Text => _text ?? "/";

    public bool IsRoot => _text is null;

    /// <summary>The root's parent is the root.</summary>
    public PathId Parent
    {
        get
        {
            var cut = _text?.LastIndexOf('/') ?? 0;
            return cut <= 0 ? Root : new PathId(_text![..cut]);
        }
    }

    /// <summary>The last segment; empty for the root.</summary>
    public string Name => _text is null ? "" : _text[(_text.LastIndexOf('/') + 1)..];

    public IReadOnlyList<string> Segments => _text is null ? [] : _text[1..].Split('/');

    /// <summary>The group directly under the root that this path is in (itself, if it is one).</summary>
    public PathId TopLevel
    {
        get
        {
            var cut = _text?.IndexOf('/', 1) ?? -1;
            return cut < 0 ? this : new PathId(_text![..cut]);
        }
    }

    /// <summary>Ids have no underscore, so that this form, used in task ids and volume ids, can be turned back.</summary>
    public string SafePath => _text is null ? "" : _text[1..].Replace('/', '_');

    /// <summary>Reversed and joined by dots: <c>/prod/web</c> is <c>web.prod</c>, the name in DNS and in Mesos.</summary>
    public string DnsName => string.Join('.', Segments.Reverse());

    public static PathId FromSafePath(string safePath) => Parse("/" + safePath.Replace('_', '/'));

    /// <summary>For text that was validated before. Throws for anything but a canonical or root-relative path.</summary>
    public static PathId Parse(string text) =>
        TryResolve(text, Root, out var path, out var error) ? path : throw new FormatException(error);

    public static bool TryParse(string text, out PathId path) => TryResolve(text, Root, out path, out _);

    /// <summary>
    /// Reads an absolute path, or one relative to <paramref name="origin"/>; <c>.</c> and <c>..</c> are resolved,
    /// doubled and trailing slashes are forgiven as Marathon's clients need it.
    /// </summary>
    public static bool TryResolve(string text, PathId origin, out PathId path, [NotNullWhen(false)] out string? error)
    {
        path = Root;
        if (text.Length > MaxLength)
        {
            error = $"must not be longer than {MaxLength} characters";
            return false;
        }

        var segments = new List<string>(text.StartsWith('/') ? [] : origin.Segments);
        foreach (var segment in text.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (segment == ".")
            {
                continue;
            }

            if (segment == "..")
            {
                if (segments.Count == 0)
                {
                    error = $"'{text}' leads above the root";
                    return false;
                }

                segments.RemoveAt(segments.Count - 1);
                continue;
            }

            if (!IsSegment(segment))
            {
                error = $"'{text}' is not a valid path: each segment must consist of lower case letters, digits, "
                    + "dashes and dots, and must begin and end with a letter or digit";
                return false;
            }

            segments.Add(segment);
        }

        var canonical = segments.Count == 0 ? null : "/" + string.Join('/', segments);
        if (canonical?.Length > MaxLength)
        {
            error = $"must not be longer than {MaxLength} characters";
            return false;
        }

        path = new PathId(canonical);
        error = null;
        return true;
    }

    public PathId Child(string name) => new($"{_text}/{name}");

    /// <summary>Whether this is <paramref name="ancestor"/> or lies in it.</summary>
    public bool IsWithin(PathId ancestor) =>
        ancestor._text is null
        || (_text is not null
            && _text.StartsWith(ancestor._text, StringComparison.Ordinal)
            && (_text.Length == ancestor._text.Length || _text[ancestor._text.Length] == '/'));

    public int CompareTo(PathId other) => string.CompareOrdinal(_text, other._text);

    public override string ToString() => Text;

    // Dot-joined DNS labels: ([a-z0-9] or [a-z0-9][a-z0-9-]*[a-z0-9]), none empty.
    private static bool IsSegment(string segment)
    {
        var boundary = true;
        for (var i = 0; i < segment.Length; i++)
        {
            var c = segment[i];
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                boundary = false;
            }
            else if (c == '-')
            {
                if (boundary || i + 1 == segment.Length || segment[i + 1] == '.')
                {
                    return false;
                }
            }
            else if (c == '.')
            {
                if (boundary)
                {
                    return false;
                }

                boundary = true;
            }
            else
            {
                return false;
            }
        }

        return !boundary;
    }
}
