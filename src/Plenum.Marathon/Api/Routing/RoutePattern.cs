namespace Plenum.Marathon.Api.Routing;

/// <summary>
/// A path with at most one <c>{id}</c>, which takes as many segments as it can, and at most one <c>{arg}</c>, which
/// takes one: ids have several segments, so what comes after them is recognised from the end.
/// </summary>
internal sealed class RoutePattern
{
    private const string Id = "{id}";
    private const string Argument = "{arg}";

    private readonly string[] _tokens;
    private readonly int _idAt;
    private readonly string _suffix = "";

    public RoutePattern(string text)
    {
        Text = text;
        _tokens = text.Split('/', StringSplitOptions.RemoveEmptyEntries);
        _idAt = Array.FindIndex(_tokens, token => token.StartsWith(Id, StringComparison.Ordinal));
        if (_idAt >= 0)
        {
            _suffix = _tokens[_idAt][Id.Length..];
            _tokens[_idAt] = Id;
        }
    }

    public string Text { get; }

    public bool TryMatch(IReadOnlyList<string> segments, out RouteValues values)
    {
        values = default;
        var idLength = 0;
        if (_idAt >= 0)
        {
            idLength = segments.Count - (_tokens.Length - 1);
            if (idLength < 1)
            {
                return false;
            }
        }
        else if (segments.Count != _tokens.Length)
        {
            return false;
        }

        string? id = null;
        string? argument = null;
        var at = 0;
        foreach (var token in _tokens)
        {
            if (token == Id)
            {
                id = string.Join('/', segments.Skip(at).Take(idLength));
                if (id.Length <= _suffix.Length || !id.EndsWith(_suffix, StringComparison.Ordinal))
                {
                    return false;
                }

                id = id[..^_suffix.Length];
                at += idLength;
                continue;
            }

            if (token == Argument)
            {
                argument = segments[at];
            }
            else if (!string.Equals(token, segments[at], StringComparison.Ordinal))
            {
                return false;
            }

            at++;
        }

        values = new RouteValues(id, argument);
        return true;
    }
}
