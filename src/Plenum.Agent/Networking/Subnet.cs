using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Plenum.Agent.Networking;

/// <summary>An IPv4 network, to see whether two of them overlap.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Subnet(uint Address, int PrefixLength)
{
    /// <summary>A bridge needs room for its gateway and containers; a /8 is the largest private one.</summary>
    private const int LongestPrefix = 29;
    private const int ShortestPrefix = 8;

    private uint Mask => PrefixLength == 0 ? 0 : uint.MaxValue << (32 - PrefixLength);

    /// <summary>The first address, which the bridge has.</summary>
    public IPAddress Gateway => ToAddress((Address & Mask) + 1);

    public static Subnet? TryParse(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2
            && IPAddress.TryParse(parts[0], out var address) && address.AddressFamily == AddressFamily.InterNetwork
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            && length is >= ShortestPrefix and <= LongestPrefix
            && new Subnet(BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()), length) is var subnet
            && (subnet.Address & ~subnet.Mask) == 0
                ? subnet
                : null;
    }

    public bool Overlaps(Subnet other)
    {
        var mask = Mask & other.Mask;
        return (Address & mask) == (other.Address & mask);
    }

    /// <summary>Where this machine's routes lead, without the default route; those of interfaces are among them.</summary>
    public static IReadOnlyList<(string Interface, Subnet Subnet)> OfMachine()
    {
        var routes = new List<(string, Subnet)>();
        // Iface Destination Gateway Flags RefCnt Use Metric Mask ...: addresses are hexadecimal, lowest byte first.
        foreach (var line in File.ReadLines("/proc/net/route").Skip(1))
        {
            var fields = line.Split('\t', StringSplitOptions.TrimEntries);
            if (fields.Length > 7
                && uint.TryParse(fields[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var destination)
                && uint.TryParse(fields[7], NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var mask)
                && mask != 0)
            {
                routes.Add((fields[0], new Subnet(
                    BinaryPrimitives.ReverseEndianness(destination), System.Numerics.BitOperations.PopCount(mask))));
            }
        }

        return routes;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ToAddress(Address)}/{PrefixLength}");

    private static IPAddress ToAddress(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new IPAddress(bytes);
    }
}
