using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Plenum.Protocol.Json;

/// <summary>Names looked up by the bytes at the reader's token, without making strings.</summary>
internal sealed class Utf8Names<T>
{
    private readonly Dictionary<byte[], T>.AlternateLookup<ReadOnlySpan<byte>> _lookup;

    public Utf8Names(IEnumerable<KeyValuePair<string, T>> entries)
    {
        var table = new Dictionary<byte[], T>(Comparer.Instance);
        foreach (var (name, value) in entries)
        {
            table[Encoding.UTF8.GetBytes(name)] = value;
        }
        _lookup = table.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    public bool TryGet(ref Utf8JsonReader reader, [MaybeNullWhen(false)] out T value) =>
        reader.ValueIsEscaped
            ? _lookup.TryGetValue(Encoding.UTF8.GetBytes(StringCodec.Text(ref reader)), out value)
            : _lookup.TryGetValue(reader.ValueSpan, out value);

    private sealed class Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static Comparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        // FNV-1a: the tables are fixed, so a sender cannot make collisions in them.
        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = 2166136261u;
            foreach (var b in alternate)
            {
                hash = (hash ^ b) * 16777619u;
            }
            return (int)hash;
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
