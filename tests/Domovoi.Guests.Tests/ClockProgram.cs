// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Guests;

/// <summary>A static Linux program for the guest: for each line it reads, it prints its clocks in nanoseconds.</summary>
/// <remarks>
/// A line of output is <c>@MMMMMMMMMMMMMMMM RRRRRRRRRRRRRRRR</c>, in hexadecimal: <c>CLOCK_MONOTONIC</c>, then <c>CLOCK_REALTIME</c>.
/// A line that begins with <c>q</c> ends it. A shell's own means start a program for each look at a clock, and count hundredths.
/// </remarks>
internal static class ClockProgram
{
    private const ulong Base = 0x400000;
    private const int HeadersLength = 64 + 56;
    private const ulong Input = Base + 0x1000;
    private const ulong Times = Base + 0x1100;
    private const ulong Output = Base + 0x1200;

    /// <summary>elf(5): one segment that may do everything, code after the headers, buffers behind the file's end.</summary>
    internal static byte[] ToElf()
    {
        byte[] code = Assemble();
        byte[] file = new byte[HeadersLength + code.Length];
        byte[] identity = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1];
        identity.CopyTo(file, 0);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), 2 | (62 << 16));       // ET_EXEC, EM_X86_64
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(20), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(24), Base + HeadersLength);
        BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(32), 64);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(52), 64 | (56 << 16));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(56), 1);
        ulong[] segment = [1 | (7UL << 32), 0, Base, Base, (ulong)file.Length, 0x2000, 0x1000];
        for (int i = 0; i < segment.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(64 + (i * 8)), segment[i]);
        }

        code.CopyTo(file, HeadersLength);
        return file;
    }

    private static byte[] Assemble()
    {
        Assembler code = new(64);
        Label next = code.CreateLabel(), end = code.CreateLabel();
        code.Label(ref next);
        SystemCall(code, number: 0, first: 0, Input, length: 64);       // read
        code.test(rax, rax);
        code.jle(end);
        code.mov(rbx, Input);
        code.cmp(__byte_ptr[rbx], (byte)'q');
        code.je(end);
        ReadClock(code, clock: 1, Times);
        ReadClock(code, clock: 0, Times + 16);
        code.mov(rdi, Output);
        Put(code, '@');
        PutNanoseconds(code, Times);
        Put(code, ' ');
        PutNanoseconds(code, Times + 16);
        Put(code, '\n');
        SystemCall(code, number: 1, first: 1, Output, length: 35);      // write
        code.jmp(next);
        code.Label(ref end);
        SystemCall(code, number: 60, first: 0, 0, length: 0);           // exit
        using MemoryStream bytes = new();
        code.Assemble(new StreamCodeWriter(bytes), Base + HeadersLength);
        return bytes.ToArray();
    }

    private static void SystemCall(Assembler code, int number, int first, ulong second, int length)
    {
        code.mov(eax, number);
        code.mov(edi, first);
        code.mov(rsi, second);
        code.mov(edx, length);
        code.syscall();
    }

    private static void ReadClock(Assembler code, int clock, ulong time) => SystemCall(code, number: 228, clock, time, length: 0);

    private static void Put(Assembler code, char character)
    {
        code.mov(__byte_ptr[rdi], (byte)character);
        code.inc(rdi);
    }

    /// <summary>Sixteen digits at RDI, which moves on.</summary>
    private static void PutNanoseconds(Assembler code, ulong time)
    {
        Label digit = code.CreateLabel(), store = code.CreateLabel();
        code.mov(rbx, time);
        code.imul(rax, __qword_ptr[rbx], 1_000_000_000);
        code.add(rax, __qword_ptr[rbx + 8]);
        code.mov(ecx, 16);
        code.Label(ref digit);
        code.rol(rax, 4);
        code.mov(edx, eax);
        code.and(edx, 15);
        code.add(edx, '0');
        code.cmp(edx, '9');
        code.jbe(store);
        code.add(edx, 'A' - '9' - 1);
        code.Label(ref store);
        code.mov(__byte_ptr[rdi], dl);
        code.inc(rdi);
        code.dec(ecx);
        code.jne(digit);
    }
}
