// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;
using Domovoi.Xen.Abi;

namespace Domovoi.KernelImages;

/// <summary>Writes tiny ELF kernels and bzImages: only what a test names is there.</summary>
internal sealed class TestKernel
{
    private readonly List<(ElfNote Type, byte[] Description)> _notes = [];
    private readonly List<(ulong Physical, ulong MemorySize, byte[] Bytes)> _segments = [];

    public ushort Machine { get; init; } = 62;

    public ulong EntryPoint { get; init; } = 0x10_0000;

    public bool NotesInSections { get; init; }

    /// <summary>What the section <c>__xen_guest</c> says; without it there is no such section.</summary>
    public string? GuestSection { get; init; }

    /// <summary>A kernel like Linux's: one page of text at 1 MiB, 12 KiB of data with 4 KiB of it given, all notes.</summary>
    public static TestKernel LikeLinux() => new TestKernel()
        .Segment(0x10_0000, 0x1000, Enumerable.Repeat((byte)0x90, 0x1000))
        .Segment(0x20_0800, 0x3000, Enumerable.Range(0, 0x1000).Select(static i => (byte)(i | 1)))
        .Linux()
        .Note(ElfNote.VirtBase, 0xFFFF_FFFF_8000_0000)
        .Note(ElfNote.Entry, 0xFFFF_FFFF_8010_0010)
        .Note(ElfNote.InitP2m, 0x80_0000_0000)
        .Note(ElfNote.ModStartPfn, 1);

    /// <summary>The notes every PV kernel of Linux has.</summary>
    public TestKernel Linux() => Note(ElfNote.GuestOs, "linux").Note(ElfNote.XenVersion, "xen-3.0").Note(ElfNote.Loader, "generic");

    public TestKernel Segment(ulong physical, ulong memorySize, IEnumerable<byte> bytes)
    {
        _segments.Add((physical, memorySize, bytes.ToArray()));
        return this;
    }

    public TestKernel Note(ElfNote type, ulong value) => Note(type, BitConverter.GetBytes(value));

    public TestKernel Note(ElfNote type, string text) => Note(type, Encoding.ASCII.GetBytes(text + "\0"));

    public TestKernel Note(ElfNote type, byte[] description)
    {
        _notes.RemoveAll(note => note.Type == type);
        _notes.Add((type, description));
        return this;
    }

    public TestKernel Without(ElfNote type)
    {
        _notes.RemoveAll(note => note.Type == type);
        return this;
    }

    public KernelImage Parse() => KernelImage.Parse(new MemoryImage(ToElf()));

    public PvKernel ParsePv() => PvKernel.From(Parse());

    public byte[] ToElf()
    {
        byte[] notes = NoteBytes();
        int headers = _segments.Count + 1;
        int noteOffset = 64 + (headers * 56);
        int next = noteOffset + notes.Length;
        byte[] file = new byte[next + _segments.Sum(static segment => segment.Bytes.Length) + 128];
        WriteHeader(file, headers);
        notes.CopyTo(file, noteOffset);
        WriteProgramHeader(file, 0, NotesInSections ? 0u : 4, noteOffset, 0, notes.Length, (ulong)notes.Length);
        for (int i = 0; i < _segments.Count; i++)
        {
            (ulong physical, ulong memorySize, byte[] bytes) = _segments[i];
            WriteProgramHeader(file, i + 1, 1, next, physical, bytes.Length, memorySize);
            bytes.CopyTo(file, next);
            next += bytes.Length;
        }

        if (NotesInSections)
        {
            BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(40), next);
            BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(60), 2);
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(next + 64 + 4), 7);
            BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(next + 64 + 24), noteOffset);
            BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(next + 64 + 32), notes.Length);
        }

        return GuestSection is null ? file : [.. file, .. Sections(file, GuestSection)];
    }

    /// <summary>Section headers, the names' table and the section itself, to go behind the file.</summary>
    private static byte[] Sections(byte[] file, string text)
    {
        const int Names = 3 * 64, Text = Names + 32;
        byte[] sections = new byte[Text + text.Length + 1];
        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(40), file.Length);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(60), 3);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(62), 2);
        BinaryPrimitives.WriteInt32LittleEndian(sections.AsSpan(64), 1);                        // the name's place in the table
        BinaryPrimitives.WriteInt32LittleEndian(sections.AsSpan(64 + 4), 1);                    // SHT_PROGBITS
        BinaryPrimitives.WriteInt64LittleEndian(sections.AsSpan(64 + 24), file.Length + Text);
        BinaryPrimitives.WriteInt64LittleEndian(sections.AsSpan(64 + 32), text.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(sections.AsSpan(128 + 4), 3);                   // SHT_STRTAB
        BinaryPrimitives.WriteInt64LittleEndian(sections.AsSpan(128 + 24), file.Length + Names);
        "\0__xen_guest\0"u8.CopyTo(sections.AsSpan(Names));
        Encoding.ASCII.GetBytes(text, sections.AsSpan(Text));
        return sections;
    }

    /// <summary>A bzImage around a packed payload; the size word goes behind it as the kernel's build puts it there.</summary>
    public static byte[] BzImage(byte[] payload, int? unpackedSize)
    {
        const int Start = 1024;
        byte[] file = new byte[Start + 16 + payload.Length + (unpackedSize is null ? 0 : 4)];
        file[0x1F1] = 1;
        "HdrS"u8.CopyTo(file.AsSpan(0x202));
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(0x206), 0x20F);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(0x248), 16);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(0x24C), file.Length - Start - 16);
        payload.CopyTo(file, Start + 16);
        if (unpackedSize is { } size)
        {
            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(file.Length - 4), size);
        }

        return file;
    }

    private byte[] NoteBytes()
    {
        MemoryStream stream = new();
        foreach ((ElfNote type, byte[] description) in _notes)
        {
            stream.Write(BitConverter.GetBytes(4));
            stream.Write(BitConverter.GetBytes(description.Length));
            stream.Write(BitConverter.GetBytes((uint)type));
            stream.Write("Xen\0"u8);
            stream.Write(description);
            stream.Write(new byte[-description.Length & 3]);
        }

        return stream.ToArray();
    }

    private void WriteHeader(byte[] file, int headers)
    {
        ReadOnlySpan<byte> start = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        start.CopyTo(file);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(16), 2);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(18), Machine);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), EntryPoint);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(54), 56);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(56), (ushort)headers);
        BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(58), 64);
    }

    private static void WriteProgramHeader(byte[] file, int index, uint type, int offset, ulong physical, int size, ulong memorySize)
    {
        Span<byte> entry = file.AsSpan(64 + (index * 56), 56);
        BinaryPrimitives.WriteUInt32LittleEndian(entry, type);
        BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], 7);
        BinaryPrimitives.WriteInt64LittleEndian(entry[8..], offset);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], physical);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[24..], physical);
        BinaryPrimitives.WriteInt64LittleEndian(entry[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(entry[40..], memorySize);
    }
}
