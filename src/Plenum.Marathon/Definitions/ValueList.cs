using System.Collections;
using System.Runtime.CompilerServices;

namespace Plenum.Marathon.Definitions;

/// <summary>
/// An immutable list that equals another with the same elements in the same order, so that a record that holds
/// one is compared as a whole: "did the definition change?" is <c>==</c>.
/// </summary>
[CollectionBuilder(typeof(ValueList), nameof(ValueList.Create))]
internal sealed class ValueList<T> : IReadOnlyList<T>, IEquatable<ValueList<T>>
    where T : notnull
{
    private readonly T[] _items;

    internal ValueList(T[] items) => _items = items;

    public int Count => _items.Length;

    public bool IsEmpty => _items.Length == 0;

    public T this[int index] => _items[index];

    public ReadOnlySpan<T> Span => _items;

    public bool Contains(T item) => Array.IndexOf(_items, item) >= 0;

    public ValueList<T> Add(T item) => ValueList.Own([.. _items, item]);

    public ValueList<TOut> Select<TOut>(Func<T, TOut> map)
        where TOut : notnull => ValueList.Own(Array.ConvertAll(_items, item => map(item)));

    public bool Equals(ValueList<T>? other) =>
        ReferenceEquals(this, other) || (other is not null && Span.SequenceEqual(other.Span));

    public override bool Equals(object? obj) => Equals(obj as ValueList<T>);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in _items)
        {
            hash.Add(item);
        }

        return hash.ToHashCode();
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    public override string ToString() => $"[{string.Join(", ", _items)}]";

    public static bool operator ==(ValueList<T>? left, ValueList<T>? right) => left?.Equals(right) ?? right is null;

    public static bool operator !=(ValueList<T>? left, ValueList<T>? right) => !(left == right);
}

internal static class ValueList
{
    public static ValueList<T> Create<T>(ReadOnlySpan<T> items)
        where T : notnull => items.IsEmpty ? Empty<T>() : new ValueList<T>(items.ToArray());

    public static ValueList<T> Empty<T>()
        where T : notnull => Nothing<T>.Instance;

    /// <summary>Takes the array over without a copy: the caller must not touch it again.</summary>
    public static ValueList<T> Own<T>(T[] items)
        where T : notnull => items.Length == 0 ? Empty<T>() : new ValueList<T>(items);

    public static ValueList<T> ToValueList<T>(this IEnumerable<T> items)
        where T : notnull => Own(items.ToArray());

    private static class Nothing<T>
        where T : notnull
    {
        public static readonly ValueList<T> Instance = new([]);
    }
}
