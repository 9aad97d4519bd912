using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// An immutable map with text keys in ordinal order and value equality. Sorted arrays: the maps of a definition
/// hold a handful of entries, are read far more often than built, and there are tens of thousands of them.
/// </summary>
internal sealed class ValueMap<T> : IReadOnlyDictionary<string, T>, IEquatable<ValueMap<T>>
    where T : notnull
{
    public static readonly ValueMap<T> Empty = new([], []);

    private readonly string[] _keys;
    private readonly T[] _values;

    private ValueMap(string[] keys, T[] values)
    {
        _keys = keys;
        _values = values;
    }

    public int Count => _keys.Length;

    public bool IsEmpty => _keys.Length == 0;

    public IEnumerable<string> Keys => _keys;

    public IEnumerable<T> Values => _values;

    public T this[string key] =>
        TryGetValue(key, out var value) ? value : throw new KeyNotFoundException($"no entry '{key}'");

    /// <summary>A later entry replaces an earlier one of the same key, as in JSON objects.</summary>
    public static ValueMap<T> From(IEnumerable<KeyValuePair<string, T>> entries)
    {
        var sorted = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var (key, value) in entries)
        {
            sorted[key] = value;
        }

        return sorted.Count == 0 ? Empty : new ValueMap<T>([.. sorted.Keys], [.. sorted.Values]);
    }

    public bool ContainsKey(string key) => Array.BinarySearch(_keys, key, StringComparer.Ordinal) >= 0;

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out T value)
    {
        var index = Array.BinarySearch(_keys, key, StringComparer.Ordinal);
        value = index >= 0 ? _values[index] : default;
        return index >= 0;
    }

    public bool Equals(ValueMap<T>? other) =>
        ReferenceEquals(this, other)
        || (other is not null
            && _keys.AsSpan().SequenceEqual(other._keys)
            && _values.AsSpan().SequenceEqual(other._values));

    public override bool Equals(object? obj) => Equals(obj as ValueMap<T>);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        for (var i = 0; i < _keys.Length; i++)
        {
            hash.Add(_keys[i], StringComparer.Ordinal);
            hash.Add(_values[i]);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<KeyValuePair<string, T>> GetEnumerator()
    {
        for (var i = 0; i < _keys.Length; i++)
        {
            yield return new KeyValuePair<string, T>(_keys[i], _values[i]);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    // Keys only: environment values are not for logs.
    public override string ToString() => $"{{{string.Join(", ", _keys)}}}";

    public static bool operator ==(ValueMap<T>? left, ValueMap<T>? right) => left?.Equals(right) ?? right is null;

    public static bool operator !=(ValueMap<T>? left, ValueMap<T>? right) => !(left == right);
}
