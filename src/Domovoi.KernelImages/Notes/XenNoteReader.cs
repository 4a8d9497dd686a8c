// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.KernelImages.Elf;
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages.Notes;

/// <summary>Collects the notes of owner <c>Xen</c>: from the note segments, or else the note sections, or else the section of old kernels, as Xen does.</summary>
internal static class XenNoteReader
{
    private const long MaximumBytes = 1 << 20;
    private const int HeaderSize = 12;

    internal static XenNotes Read(ElfFile file, ImageSource source)
    {
        XenNotes notes = new();
        if (!AddAll(notes, file.NoteSegments, source) && !AddAll(notes, file.NoteSections, source) && file.GuestSection is { } section)
        {
            byte[] text = new byte[Math.Min(section.Size, MaximumBytes)];
            source.Read(section.Offset, text);
            GuestSection.AddTo(notes, text);
        }

        return notes;
    }

    private static bool AddAll(XenNotes notes, List<ElfRange> ranges, ImageSource source)
    {
        bool any = false;
        long budget = MaximumBytes;
        foreach (ElfRange range in ranges)
        {
            if (range.Size > budget)
            {
                throw KernelImageException.Corrupt(
                    $"The ELF notes take more than {MaximumBytes} bytes; a few hundred were expected.");
            }

            budget -= range.Size;
            byte[] bytes = new byte[range.Size];
            source.Read(range.Offset, bytes);
            any |= AddRange(notes, bytes);
        }

        return any;
    }

    /// <summary>Each note is three words, name and description; the latter two are padded to four bytes.</summary>
    private static bool AddRange(XenNotes notes, ReadOnlySpan<byte> rest)
    {
        bool any = false;
        while (rest.Length >= HeaderSize)
        {
            uint nameSize = BinaryPrimitives.ReadUInt32LittleEndian(rest);
            uint descriptionSize = BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]);
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]);
            rest = rest[HeaderSize..];
            ReadOnlySpan<byte> name = Take(ref rest, nameSize);
            ReadOnlySpan<byte> description = Take(ref rest, descriptionSize);
            if (name.SequenceEqual("Xen\0"u8))
            {
                notes.Add((ElfNote)type, description);
                any = true;
            }
        }

        return any;
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> rest, uint size)
    {
        if (size > (uint)rest.Length)
        {
            throw KernelImageException.Corrupt(
                $"An ELF note names a part of {size} bytes; {rest.Length} bytes are left in its segment.");
        }

        ReadOnlySpan<byte> part = rest[..(int)size];
        long padded = ((long)size + 3) & ~3L;
        rest = rest[(int)Math.Min(padded, rest.Length)..];
        return part;
    }
}
