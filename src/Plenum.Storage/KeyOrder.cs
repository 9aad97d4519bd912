using System.Text;

namespace Plenum.Storage;

/// <summary>
/// Order of keys by code point, as UTF-8 bytes sort in SQLite and etcd. UTF-16 order differs from it
/// beyond the basic plane.
/// </summary>
internal sealed class KeyOrder : IComparer<string>
{
    internal static KeyOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        var shared = x.AsSpan().CommonPrefixLength(y);

        // A differing low surrogate belongs to the character that began one unit earlier.
        if (shared > 0 && char.IsHighSurrogate(x[shared - 1]))
        {
            shared--;
        }

        var left = x.AsSpan(shared);
        var right = y.AsSpan(shared);
        if (left.IsEmpty || right.IsEmpty)
        {
            return left.Length.CompareTo(right.Length);
        }

        Rune.DecodeFromUtf16(left, out var first, out _);
        Rune.DecodeFromUtf16(right, out var second, out _);
        return first.CompareTo(second);
    }
}
