// SPDX-License-Identifier: MIT
using System.Buffers.Binary;

namespace Domovoi.KernelImages.Elf;

/// <summary>The tables of a 64-bit x86 ELF file, each checked against the file's length before it is used.</summary>
internal sealed class ElfFile
{
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SectionHeaderSize = 64;
    private const uint PT_LOAD = 1;
    private const uint PT_NOTE = 4;
    private const uint SHT_NOTE = 7;
    private const uint PF_RWX = 7;

    private readonly ImageSource _source;

    private ElfFile(ImageSource source) => _source = source;

    /// <summary><c>e_entry</c></summary>
    internal ulong EntryPoint { get; private set; }

    internal List<LoadSegment> Segments { get; } = [];

    /// <summary><c>PT_NOTE</c></summary>
    internal List<ElfRange> NoteSegments { get; } = [];

    /// <summary><c>SHT_NOTE</c></summary>
    internal List<ElfRange> NoteSections { get; } = [];

    /// <summary>The section <c>__xen_guest</c>; null when there is none.</summary>
    internal ElfRange? GuestSection { get; private set; }

    private static ReadOnlySpan<byte> GuestSectionName => "__xen_guest\0"u8;

    internal static bool HasMagic(ReadOnlySpan<byte> start) => start.StartsWith("\x7f"u8) && start[1..].StartsWith("ELF"u8);

    internal static ElfFile Parse(ImageSource source)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        int present = (int)Math.Min(source.Length, HeaderSize);
        source.Read(0, header[..present]);
        if (!HasMagic(header[..present]))
        {
            throw KernelImageException.NotAKernel("The kernel is not an ELF image: it does not begin with 7f 45 4c 46.");
        }

        if (present < HeaderSize)
        {
            throw KernelImageException.Truncated($"The kernel ends at byte {present}, inside the 64-byte ELF header.");
        }

        CheckKind(header);
        ElfFile file = new(source) { EntryPoint = BinaryPrimitives.ReadUInt64LittleEndian(header[24..]) };
        file.ReadProgramHeaders(header);
        file.ReadSectionHeaders(header);
        return file;
    }

    private static void CheckKind(ReadOnlySpan<byte> header)
    {
        bool littleEndian = header[5] == 1;
        ushort machine = littleEndian
            ? BinaryPrimitives.ReadUInt16LittleEndian(header[18..])
            : BinaryPrimitives.ReadUInt16BigEndian(header[18..]);
        if (machine != ElfMachines.X64 || !littleEndian || header[4] != 2)
        {
            string name = machine == ElfMachines.X64 ? "x86-64 in a 32-bit or big-endian ELF" : ElfMachines.NameOf(machine);
            throw new KernelImageException(
                "kernel-foreign-architecture",
                $"The kernel is for {name}; a 64-bit x86 kernel was expected.",
                "Use an amd64 kernel.");
        }

        ushort type = BinaryPrimitives.ReadUInt16LittleEndian(header[16..]);
        if (type is not (2 or 3))
        {
            throw KernelImageException.NotAKernel(
                $"The file is an ELF file of type {type}; an executable (2) or a shared object (3) was expected.");
        }
    }

    private void ReadProgramHeaders(ReadOnlySpan<byte> header)
    {
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        ushort entrySize = BinaryPrimitives.ReadUInt16LittleEndian(header[54..]);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(header[56..]);
        if (count == 0 || entrySize < ProgramHeaderSize)
        {
            throw KernelImageException.Corrupt(
                $"The ELF header names {count} program headers of {entrySize} bytes; at least one of 56 bytes was expected.");
        }

        byte[] table = ReadTable("program header", offset, count, entrySize);
        for (int i = 0; i < count; i++)
        {
            AddProgramHeader(table.AsSpan(i * entrySize, ProgramHeaderSize), i);
        }

        if (Segments.Count == 0)
        {
            throw KernelImageException.Corrupt("The ELF file has no PT_LOAD segment; there is nothing to load.");
        }
    }

    private void AddProgramHeader(ReadOnlySpan<byte> entry, int index)
    {
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(entry);
        uint flags = BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]);
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(entry[8..]);
        ulong virtualAddress = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
        ulong physicalAddress = BinaryPrimitives.ReadUInt64LittleEndian(entry[24..]);
        ulong fileSize = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
        ulong memorySize = BinaryPrimitives.ReadUInt64LittleEndian(entry[40..]);

        if (type == PT_NOTE && offset != 0)
        {
            NoteSegments.Add(CheckedRange($"Note segment {index}", offset, fileSize));
        }
        else if (type == PT_LOAD && (flags & PF_RWX) != 0 && memorySize != 0)
        {
            ElfRange range = CheckedRange($"Segment {index}", offset, fileSize);
            if (fileSize > memorySize || memorySize > ulong.MaxValue - physicalAddress)
            {
                throw KernelImageException.Corrupt(
                    $"Segment {index} has 0x{fileSize:x} bytes for 0x{memorySize:x} bytes of memory at " +
                    $"0x{physicalAddress:x}; no more bytes than memory, and an end below 2^64, were expected.");
            }

            Segments.Add(new LoadSegment(range.Offset, range.Size, virtualAddress, physicalAddress, memorySize));
        }
    }

    private void ReadSectionHeaders(ReadOnlySpan<byte> header)
    {
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(header[40..]);
        ushort entrySize = BinaryPrimitives.ReadUInt16LittleEndian(header[58..]);
        ushort count = BinaryPrimitives.ReadUInt16LittleEndian(header[60..]);
        if (offset == 0 || count == 0 || entrySize < SectionHeaderSize)
        {
            return;
        }

        byte[] table = ReadTable("section header", offset, count, entrySize);
        ushort namesIndex = BinaryPrimitives.ReadUInt16LittleEndian(header[62..]);
        ulong names = namesIndex < count ? OffsetOf(table.AsSpan(namesIndex * entrySize)) : 0;
        for (int i = 1; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.AsSpan(i * entrySize, SectionHeaderSize);
            ulong size = BinaryPrimitives.ReadUInt64LittleEndian(entry[32..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]) == SHT_NOTE)
            {
                NoteSections.Add(CheckedRange($"Note section {i}", OffsetOf(entry), size));
            }
            else if (names != 0 && IsNamed(GuestSectionName, names + BinaryPrimitives.ReadUInt32LittleEndian(entry)))
            {
                GuestSection = CheckedRange("The section __xen_guest", OffsetOf(entry), size);
            }
        }
    }

    /// <summary><c>sh_offset</c></summary>
    private static ulong OffsetOf(ReadOnlySpan<byte> section) => BinaryPrimitives.ReadUInt64LittleEndian(section[24..]);

    /// <summary>Whether a name of the section names' table, which may lie outside the file, is this one.</summary>
    private bool IsNamed(ReadOnlySpan<byte> name, ulong offset)
    {
        ulong length = (ulong)_source.Length;
        if (offset >= length || length - offset < (ulong)name.Length)
        {
            return false;
        }

        Span<byte> found = stackalloc byte[GuestSectionName.Length];
        _source.Read((long)offset, found);
        return found.SequenceEqual(name);
    }

    private byte[] ReadTable(string what, ulong offset, ushort count, ushort entrySize)
    {
        ElfRange range = CheckedRange($"The {what} table", offset, (ulong)count * entrySize);
        byte[] table = new byte[range.Size];
        _source.Read(range.Offset, table);
        return table;
    }

    private ElfRange CheckedRange(string what, ulong offset, ulong size)
    {
        ulong length = (ulong)_source.Length;
        return offset <= length && size <= length - offset
            ? new ElfRange((long)offset, (long)size)
            : throw KernelImageException.Truncated(
                $"{what} takes 0x{size:x} bytes from 0x{offset:x} of the ELF file, which ends at 0x{length:x}.");
    }
}
