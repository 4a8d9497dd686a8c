// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;

namespace Domovoi.Cpu.Tests.Oracle;

/// <summary>Wraps <see cref="OracleProgram"/> into the smallest ELF file that Linux runs: one header, one segment.</summary>
internal static class OracleExecutable
{
    private const int SegmentOffset = 0x1000;

    internal static byte[] Build()
    {
        byte[] image = OracleProgram.Image();
        byte[] file = new byte[SegmentOffset + image.Length];
        Span<byte> header = file;
        ((ReadOnlySpan<byte>)[0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1]).CopyTo(header);
        BinaryPrimitives.WriteUInt16LittleEndian(header[0x10..], 2);                             // ET_EXEC
        BinaryPrimitives.WriteUInt16LittleEndian(header[0x12..], 62);                            // EM_X86_64
        BinaryPrimitives.WriteUInt32LittleEndian(header[0x14..], 1);
        BinaryPrimitives.WriteUInt64LittleEndian(header[0x18..], OracleProgram.EntryAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(header[0x20..], 64);                            // e_phoff
        BinaryPrimitives.WriteUInt16LittleEndian(header[0x34..], 64);
        BinaryPrimitives.WriteUInt16LittleEndian(header[0x36..], 56);
        BinaryPrimitives.WriteUInt16LittleEndian(header[0x38..], 1);

        Span<byte> segment = header[64..];
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1);                                    // PT_LOAD
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 7);                               // read, write, execute
        BinaryPrimitives.WriteUInt64LittleEndian(segment[8..], SegmentOffset);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[0x10..], OracleProgram.LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[0x18..], OracleProgram.LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[0x20..], (ulong)image.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[0x28..], (ulong)image.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[0x30..], 0x1000);

        image.CopyTo(file, SegmentOffset);
        Encoding.ASCII.GetBytes("cases").CopyTo(file, SegmentOffset + 0x3120);
        return file;
    }
}
