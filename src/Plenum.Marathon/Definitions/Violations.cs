namespace Plenum.Marathon.Definitions;

/// <summary>What is wrong with a document, by the path of the field. Grouped by path when it is answered.</summary>
internal sealed class Violations
{
    /// <summary>Enough for any hand-written document; a generated one does not get an answer larger than itself.</summary>
    public const int MaxPaths = 200;

    private readonly Dictionary<string, List<string>> _messages = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    public bool Any => _order.Count > 0;

    public IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> ByPath =>
        _order.Select(path => new KeyValuePair<string, IReadOnlyList<string>>(path, _messages[path]));

    public void Add(FieldPath path, string message) => Add(path.ToString(), message);

    public void Add(string path, string message)
    {
        if (_messages.TryGetValue(path, out var messages))
        {
            if (messages.Count < MaxPaths && !messages.Contains(message))
            {
                messages.Add(message);
            }
        }
        else if (_order.Count < MaxPaths)
        {
            _order.Add(path);
            _messages.Add(path, [message]);
        }
    }

    public override string ToString() =>
        string.Join("; ", _order.Select(path => $"{path}: {string.Join(", ", _messages[path])}"));
}
