using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Plenum.Agent.Checkpointing;

/// <summary>
/// One record as bytes: magic, CRC-32C of the rest, length of the key, key, value. The key is inside
/// because a file's name may be a digest of it, and because a record under another's name is corrupt too.
/// </summary>
internal static class CheckpointFile
{
    private const int HeaderLength = 12;

    private static ReadOnlySpan<byte> Magic => "PLC1"u8;

    public static byte[] Encode(string key, ReadOnlySpan<byte> value)
    {
        var keyLength = Encoding.UTF8.GetByteCount(key);
        var bytes = new byte[HeaderLength + keyLength + value.Length];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), keyLength);
        Encoding.UTF8.GetBytes(key, bytes.AsSpan(HeaderLength));
        value.CopyTo(bytes.AsSpan(HeaderLength + keyLength));
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), Checksum(bytes.AsSpan(8)));
        return bytes;
    }

    /// <summary>False: torn, overwritten, or not a record at all.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> bytes, out string key, out byte[] value)
    {
        key = "";
        value = [];
        if (bytes.Length < HeaderLength
            || !bytes.StartsWith(Magic)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Checksum(bytes[8..]))
        {
            return false;
        }

        var keyLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        if (keyLength < 0 || keyLength > bytes.Length - HeaderLength)
        {
            return false;
        }

        key = Encoding.UTF8.GetString(bytes.Slice(HeaderLength, keyLength));
        value = bytes[(HeaderLength + keyLength)..].ToArray();
        return true;
    }

    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        foreach (var rest in bytes)
        {
            crc = BitOperations.Crc32C(crc, rest);
        }

        return ~crc;
    }
}
