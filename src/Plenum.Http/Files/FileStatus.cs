using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Plenum.Http.Files;

/// <summary>What stat(2) says of a file: links, owner and exact mode, which .NET does not tell.</summary>
public sealed partial record FileStatus(uint Links, uint User, uint Group, uint Mode, long Size, DateTimeOffset Modified)
{
    private const int CurrentDirectory = -100;
    private const int DoNotFollow = 0x100;
    private const int OfDescriptor = 0x1000;
    private const uint BasicFields = 0x7ff;
    private const uint TypeMask = 0xf000;
    private const uint TypeDirectory = 0x4000;
    private const uint TypeRegular = 0x8000;
    private const uint TypeLink = 0xa000;

    /// <summary>Tells whether two names, or a name and an open file, are one file of a file system.</summary>
    public ulong Inode { get; init; }

    public bool IsDirectory => (Mode & TypeMask) == TypeDirectory;

    public bool IsRegular => (Mode & TypeMask) == TypeRegular;

    public bool IsLink => (Mode & TypeMask) == TypeLink;

    /// <summary>"-rw-r--r--", as ls prints it and /files/browse always has.</summary>
    public string ModeText
    {
        get
        {
            Span<char> text = stackalloc char[10];
            "-rwxrwxrwx".CopyTo(text);
            text[0] = (Mode & TypeMask) switch
            {
                TypeDirectory => 'd',
                TypeLink => 'l',
                0x2000 => 'c',
                0x6000 => 'b',
                0x1000 => 'p',
                0xc000 => 's',
                _ => '-',
            };
            for (var bit = 0; bit < 9; bit++)
            {
                if ((Mode & (1u << (8 - bit))) == 0)
                {
                    text[bit + 1] = '-';
                }
            }

            return text.ToString();
        }
    }

    /// <summary>Of the file itself, not of what a link points to. Null when it is not there.</summary>
    public static FileStatus? Of(string path)
    {
        ArgumentNullException.ThrowIfNull(path);

        // No file has a name with a zero in it, where libc would end the name and find another one's.
        return path.Contains('\0', StringComparison.Ordinal) ? null : Of(CurrentDirectory, path, DoNotFollow);
    }

    /// <summary>Of a file that is open, whatever its name is by now.</summary>
    public static FileStatus? Of(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Of((int)file.DangerousGetHandle(), "", OfDescriptor);
    }

    private static FileStatus? Of(int directory, string path, int flags)
    {
        if (StatX(directory, path, flags, BasicFields, out var raw) != 0)
        {
            return null;
        }

        return new FileStatus(
            raw.Links,
            raw.User,
            raw.Group,
            raw.Mode,
            (long)raw.Size,
            DateTimeOffset.FromUnixTimeSeconds(raw.ModifiedSeconds).AddTicks(raw.ModifiedNanoseconds / 100))
        {
            Inode = raw.Inode,
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, out Raw status);

    /// <summary>struct statx of linux/stat.h: alike on all architectures, which struct stat is not.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Raw
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;

        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(40)]
        public ulong Size;

        [FieldOffset(112)]
        public long ModifiedSeconds;

        [FieldOffset(120)]
        public uint ModifiedNanoseconds;
    }
}
