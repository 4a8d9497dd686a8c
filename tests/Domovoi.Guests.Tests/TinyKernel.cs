// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Guests;

/// <summary>A PV kernel of a few instructions: an ELF with Xen's notes around what a test assembles.</summary>
/// <remarks>
/// <code>
/// VirtualBase + 0x1000   code (entry; RSI = start_info)
///             + 0xF0000  64 KiB of zeroes to write to, <see cref="Scratch"/>
/// </code>
/// </remarks>
internal sealed class TinyKernel
{
    internal const ulong VirtualBase = 0xFFFF_FFFF_8000_0000;
    internal const ulong Scratch = VirtualBase + 0xF0000;
    private const ulong Entry = VirtualBase + 0x1000;
    private const int CodeOffset = 0x1000;
    private const ulong MemorySize = 0x100000;
    private readonly byte[] _code;
    private bool _hasNotes = true;

    private TinyKernel(byte[] code) => _code = code;

    internal static TinyKernel Of(Action<Assembler> write)
    {
        Assembler assembler = new(64);
        write(assembler);
        using MemoryStream code = new();
        assembler.Assemble(new StreamCodeWriter(code), Entry);
        return new TinyKernel(code.ToArray());
    }

    internal TinyKernel WithoutNotes()
    {
        _hasNotes = false;
        return this;
    }

    /// <summary>Never gives the processor back, with events masked as they are at the start.</summary>
    internal static void Spin(Assembler code)
    {
        Label again = code.CreateLabel();
        code.Label(ref again);
        code.jmp(again);
    }

    /// <summary>Puts a short text into the console's ring and kicks its back end; RSI is still start_info.</summary>
    internal static void Print(Assembler code, string text)
    {
        const int ConsolePage = 0x2000, Output = 1024, OutputProducer = 0xC0C, ConsolePort = 80;
        for (int i = 0; i < text.Length; i++)
        {
            code.mov(__byte_ptr[rsi + ConsolePage + Output + i], text[i]);
        }

        code.mov(__dword_ptr[rsi + ConsolePage + OutputProducer], text.Length);
        code.mov(eax, __dword_ptr[rsi + ConsolePort]);
        code.mov(rdx, Scratch);
        code.mov(__dword_ptr[rdx], eax);
        code.push(rsi);
        code.mov(edi, 4);                                       // EVTCHNOP_send
        code.mov(rsi, rdx);
        Hypercall(code, 32);
        code.pop(rsi);
    }

    /// <summary>A hypercall by bare <c>syscall</c>; the arguments' registers are already loaded.</summary>
    internal static void Hypercall(Assembler code, int number)
    {
        code.mov(eax, number);
        code.syscall();
    }

    /// <summary><c>SCHEDOP_shutdown</c>, sched.h; 0 is poweroff, 3 is crash.</summary>
    internal static void ShutDown(Assembler code, int reason)
    {
        code.mov(rdx, Scratch);
        code.mov(__dword_ptr[rdx], reason);
        code.mov(edi, 2);
        code.mov(rsi, rdx);
        Hypercall(code, 29);
    }

    internal byte[] ToElf()
    {
        byte[] notes = _hasNotes ? Notes() : [];
        int notesOffset = CodeOffset + _code.Length;
        byte[] file = new byte[notesOffset + notes.Length];
        byte[] identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(file, 0);
        Put16(file, 16, 2);                                     // ET_EXEC
        Put16(file, 18, 62);                                    // EM_X86_64
        Put32(file, 20, 1);
        Put64(file, 24, Entry);
        Put64(file, 32, 64);                                    // program headers follow the header
        Put16(file, 52, 64);
        Put16(file, 54, 56);
        Put16(file, 56, _hasNotes ? 2 : 1);
        Put16(file, 58, 64);
        ProgramHeader(file, 0, type: 1, offset: 0, VirtualBase, (ulong)notesOffset, MemorySize);
        if (_hasNotes)
        {
            ProgramHeader(file, 1, type: 4, (ulong)notesOffset, 0, (ulong)notes.Length, (ulong)notes.Length);
        }

        _code.CopyTo(file, CodeOffset);
        notes.CopyTo(file, notesOffset);
        return file;
    }

    private static void ProgramHeader(byte[] file, int index, int type, ulong offset, ulong address, ulong fileSize, ulong memorySize)
    {
        int at = 64 + (index * 56);
        Put32(file, at, type);
        Put32(file, at + 4, 7);
        Put64(file, at + 8, offset);
        Put64(file, at + 16, address);
        Put64(file, at + 24, address == 0 ? 0 : address - VirtualBase);
        Put64(file, at + 32, fileSize);
        Put64(file, at + 40, memorySize);
        Put64(file, at + 48, 0x1000);
    }

    /// <summary>elfnote.h: the least that a PV kernel must say.</summary>
    private static byte[] Notes() =>
    [
        .. Note(6, "tiny\0"u8.ToArray()),                       // XEN_ELFNOTE_GUEST_OS
        .. Note(5, "xen-3.0\0"u8.ToArray()),                    // XEN_ELFNOTE_XEN_VERSION
        .. Note(8, "generic\0"u8.ToArray()),                    // XEN_ELFNOTE_LOADER
        .. Note(9, "yes\0"u8.ToArray()),                        // XEN_ELFNOTE_PAE_MODE
        .. Note(3, BitConverter.GetBytes(VirtualBase)),         // XEN_ELFNOTE_VIRT_BASE
        .. Note(4, BitConverter.GetBytes(0UL)),                 // XEN_ELFNOTE_PADDR_OFFSET
        .. Note(1, BitConverter.GetBytes(Entry)),               // XEN_ELFNOTE_ENTRY
    ];

    private static byte[] Note(int type, byte[] value)
    {
        byte[] note = new byte[12 + 4 + ((value.Length + 3) & ~3)];
        Put32(note, 0, 4);
        Put32(note, 4, value.Length);
        Put32(note, 8, type);
        Encoding.ASCII.GetBytes("Xen\0", note.AsSpan(12));
        value.CopyTo(note, 16);
        return note;
    }

    private static void Put16(byte[] file, int at, int value) => BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(at), (short)value);

    private static void Put32(byte[] file, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), value);

    private static void Put64(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
