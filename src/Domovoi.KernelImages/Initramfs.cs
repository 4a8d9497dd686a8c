// SPDX-License-Identifier: MIT
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Domovoi.KernelImages.Payloads;

namespace Domovoi.KernelImages;

/// <summary>A guest's initial ramdisk: cpio archives one after the other, the last of them usually packed. buffer-format.rst of Linux.</summary>
/// <remarks>Example: Debian's has microcode in a first, plain archive, and everything else in a second one, packed with zstd.</remarks>
public sealed class Initramfs
{
    private const int MostBytes = 1 << 30;
    private const int HeaderSize = 110;
    private const string Trailer = "TRAILER!!!";

    private readonly ReadOnlyMemory<byte> _plain;
    private readonly byte[] _unpacked;

    private Initramfs(ReadOnlyMemory<byte> plain, byte[] unpacked)
    {
        _plain = plain;
        _unpacked = unpacked;
        List<string> names = [];
        ReadArchives(plain.Span, names);
        ReadArchives(unpacked, names);
        Names = names;
    }

    /// <summary>The paths of all files, without a leading slash.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <exception cref="KernelImageException">It is no ramdisk, or damaged.</exception>
    public static Initramfs Read(ReadOnlyMemory<byte> file)
    {
        int end = ReadArchives(file.Span, []);
        ReadOnlyMemory<byte> rest = file[end..];
        if (rest.Span.IndexOfAnyExcept((byte)0) < 0)
        {
            return new Initramfs(file, []);
        }

        PayloadFormat format = PayloadFormat.Detect(rest.Span) ?? throw KernelImageException.Corrupt(
            $"The ramdisk has {Convert.ToHexStringLower(rest.Span[..Math.Min(8, rest.Length)])} at byte {end}; a cpio archive, packed or not, was expected.");
        MemoryStream unpacked = new();
        BoundedOutput output = new(unpacked, MostBytes);
        try
        {
            format.Unpack(rest, output);
        }
        catch (Exception e) when (e is not (KernelImageException or OutOfMemoryException))
        {
            throw KernelImageException.Corrupt($"The ramdisk's {format.Name} archive is damaged: {e.Message}", e);
        }

        return new Initramfs(file[..end], unpacked.ToArray());
    }

    /// <summary>Writes the same ramdisk with another archive behind it, whose files win; packed with gzip, which every kernel reads.</summary>
    public void WriteWith(ReadOnlySpan<byte> archive, Stream output)
    {
        ArgumentNullException.ThrowIfNull(output);
        output.Write(_plain.Span);
        using GZipStream packed = new(output, CompressionLevel.Fastest, leaveOpen: true);
        packed.Write(_unpacked);
        packed.Write(archive);
    }

    /// <summary>Collects names; returns where the archives end: at the first byte that begins neither an archive nor padding.</summary>
    private static int ReadArchives(ReadOnlySpan<byte> bytes, List<string> names)
    {
        int at = 0;
        while (true)
        {
            int padding = bytes[at..].IndexOfAnyExcept((byte)0);
            if (padding < 0 || !IsHeader(bytes[(at + padding)..]))
            {
                return padding < 0 ? bytes.Length : at + padding;
            }

            at += padding;
            while (IsHeader(bytes[at..]))
            {
                string name = ReadEntry(bytes, ref at);
                if (name == Trailer)
                {
                    break;
                }

                names.Add(name);
            }
        }
    }

    private static bool IsHeader(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= HeaderSize && (bytes.StartsWith("070701"u8) || bytes.StartsWith("070702"u8));

    /// <summary>A header of thirteen hexadecimal numbers behind the magic; name and contents each padded to four bytes.</summary>
    private static string ReadEntry(ReadOnlySpan<byte> bytes, ref int at)
    {
        long size = Number(bytes[at..], 6);
        long nameSize = Number(bytes[at..], 11);
        long contents = (at + HeaderSize + nameSize + 3) & ~3L;
        long end = (contents + size + 3) & ~3L;
        if (nameSize is 0 or > 4096 || contents > bytes.Length || size > bytes.Length - contents)
        {
            throw KernelImageException.Corrupt($"The ramdisk's archive is damaged at byte {at}.");
        }

        string name = Encoding.UTF8.GetString(bytes.Slice(at + HeaderSize, (int)nameSize)).TrimEnd('\0');
        at = (int)Math.Min(end, bytes.Length);
        return name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name.TrimStart('/');
    }

    private static long Number(ReadOnlySpan<byte> header, int index) =>
        uint.TryParse(header.Slice(6 + (index * 8), 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint value)
            ? value
            : throw KernelImageException.Corrupt("The ramdisk's archive has a damaged header.");
}
