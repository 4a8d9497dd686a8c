// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests.Oracle;

/// <summary>The oracle: a program of a few hundred instructions, without libc, that runs cases on the host's processor.</summary>
/// <remarks>
/// It loads every register from a slot, enters the case by IRETQ, and saves every register where the case jumps when it is done, or in a
/// signal handler. The handler never returns to the case: it drops its frame and goes on with the next slot.
/// </remarks>
internal static class OracleProgram
{
    internal const ulong LoadAddress = AddressMap.Exit64;
    internal const int LoadLength = 0x4000;
    private const ulong Entry = LoadAddress + 0x2000;

    /// <summary>Its code and variables, behind the exit pages, which cases see.</summary>
    internal const ulong OwnPages = Entry;
    internal const ulong OwnPagesEnd = LoadAddress + LoadLength;

    private const ulong Variables = LoadAddress + 0x3000;
    private const ulong SavedRegisters = Variables;
    private const ulong SavedFlags = Variables + 0x80;
    private const ulong CurrentSlot = Variables + 0x90;
    private const ulong SlotsLeft = Variables + 0x98;
    private const ulong CasesRun = Variables + 0xA0;
    private const ulong CasesAtTick = Variables + 0xA8;
    private const ulong ReadBuffer = Variables + 0xB0;
    private const ulong SignalAction = Variables + 0xC0;
    private const ulong SignalStack = Variables + 0xE0;
    private const ulong Timer = Variables + 0x100;
    private const ulong Name = Variables + 0x120;
    private const ulong Filter = Variables + 0x200;
    private const ulong StackTop = Variables + 0x1000;

    private const ulong HandlerStack = 0x6A30_0000_0000;
    private const int HandlerStackLength = 0x40000;
    internal const ulong SharedFile = 0x6A50_0000_0000;
    private const ulong PagesWindow = 0x6A40_0000_0000;

    private static readonly AssemblerRegister64[] _general =
        [rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];

    /// <summary>Whether the host's kernel lets programs use WRFSBASE and WRGSBASE: AT_HWCAP2, bit 1. Stands before what uses it.</summary>
    internal static bool CanSetBases { get; } = (AuxiliaryValue(26) & 2) != 0;

    /// <summary>
    /// The first page of the exit code, as cases see it that come to its middle, and where its jump leads: only who gets there is done.
    /// </summary>
    internal static (byte[] Page, ulong Target) ExitPage { get; } = MakeExitPage();

    private static (byte[] Page, ulong Target) MakeExitPage()
    {
        byte[] image = Image();
        var decoder = Iced.Intel.Decoder.Create(64, new ByteArrayCodeReader(image), AddressMap.Exit64);
        return (image[..AddressMap.PageSize], decoder.Decode().NearBranchTarget);
    }

    /// <summary>The loadable image: exit pages, code, variables.</summary>
    internal static byte[] Image()
    {
        byte[] image = new byte[LoadLength];
        var main = new Assembler(64);
        Label finish = main.CreateLabel();
        Label fail = main.CreateLabel();
        EmitStart(main, fail, out Label handler);
        EmitLoop(main, finish);
        EmitHandler(main, handler, finish);
        main.Label(ref fail);
        SystemCall(main, 60, 1);
        Label exit = main.CreateLabel();
        main.Label(ref exit);
        EmitExit(main, finish);
        AssemblerResult result = Place(main, image, Entry);
        ulong exitAddress = result.GetLabelRIP(exit);

        var exit64 = new Assembler(64);
        exit64.jmp(exitAddress);
        Place(exit64, image, AddressMap.Exit64);
        var exit32 = new Assembler(32);
        exit32.jmp(0x33, (uint)exitAddress);
        Place(exit32, image, AddressMap.Exit32);
        return image;
    }

    internal static ulong EntryAddress => Entry;

    private static ulong AuxiliaryValue(ulong type)
    {
        ReadOnlySpan<ulong> pairs = MemoryMarshal.Cast<byte, ulong>(File.ReadAllBytes("/proc/self/auxv"));
        for (int i = 0; i + 1 < pairs.Length; i += 2)
        {
            if (pairs[i] == type)
            {
                return pairs[i + 1];
            }
        }

        return 0;
    }

    private static AssemblerResult Place(Assembler code, byte[] image, ulong address)
    {
        var stream = new MemoryStream();
        AssemblerResult result = code.Assemble(new StreamCodeWriter(stream), address, BlockEncoderOptions.ReturnNewInstructionOffsets);
        if (stream.Length > 0x1000)
        {
            throw new InvalidOperationException("The oracle outgrew its page.");
        }

        stream.ToArray().CopyTo(image, (int)(address - LoadAddress));
        return result;
    }

    private static void SystemCall(Assembler c, uint number, params ReadOnlySpan<long> arguments)
    {
        ReadOnlySpan<AssemblerRegister64> order = [rdi, rsi, rdx, r10, r8, r9];
        for (int i = 0; i < arguments.Length; i++)
        {
            c.mov(order[i], arguments[i]);
        }

        c.mov(eax, number);
        c.syscall();
    }

    private static void EmitStart(Assembler c, Label fail, out Label handler)
    {
        // Our own memory first: the stack the kernel gave us holds the file's name.
        c.mov(rbx, __qword_ptr[rsp + 16]);
        c.mov(rsp, StackTop);
        c.mov(rdi, rbx);
        c.mov(rsi, 2L);
        c.mov(eax, 2);
        c.syscall();
        c.mov(r12, rax);
        Map(c, fail, SharedFile, CaseSlot.FileLength, 3, r12, 0);

        c.mov(rdi, Name);
        c.xor(esi, esi);
        c.mov(eax, 319);
        c.syscall();
        c.mov(r12, rax);
        c.mov(rdi, r12);
        c.mov(rsi, 6L * AddressMap.PageSize);
        c.mov(eax, 77);
        c.syscall();
        Map(c, fail, PagesWindow, 6 * AddressMap.PageSize, 3, r12, 0);
        c.mov(rdi, PagesWindow + (5 * AddressMap.PageSize));
        c.mov(rsi, SharedFile + CaseSlot.ReadOnlyPage);
        c.mov(ecx, AddressMap.PageSize);
        c.rep.movsb();
        Map(c, fail, AddressMap.Code, AddressMap.CodeLength, 7, r12, 0);
        Map(c, fail, AddressMap.CodeAlias, AddressMap.CodeLength, 7, r12, 0);
        Map(c, fail, AddressMap.Data, 2 * AddressMap.PageSize, 3, r12, 2 * AddressMap.PageSize);
        Map(c, fail, AddressMap.DataIsland, AddressMap.PageSize, 3, r12, 4 * AddressMap.PageSize);
        Map(c, fail, AddressMap.ReadOnly, AddressMap.PageSize, 1, r12, 5 * AddressMap.PageSize);
        Map(c, fail, HandlerStack, HandlerStackLength, 3, null, 0);
        foreach (ulong alias in (ReadOnlySpan<ulong>)[AddressMap.CodeAlias, AddressMap.CodeAlias + 0x1000, AddressMap.ReadOnly])
        {
            c.mov(rax, alias);
            c.mov(al, __byte_ptr[rax]);
        }

        SystemCall(c, 158, 0x1002, (long)AddressMap.FsBase);
        SystemCall(c, 158, 0x1001, (long)AddressMap.GsBase);
        c.mov(eax, 0x2B);
        c.mov(ds, eax);
        c.mov(es, eax);
        EmitSignals(c, out handler);
    }

    private static void Map(
        Assembler c, Label fail, ulong address, long length, int protection, AssemblerRegister64? file, long offset)
    {
        c.mov(rdi, address);
        c.mov(rsi, length);
        c.mov(edx, protection);
        c.mov(r10d, file is null ? 0x100022 : 0x108001);        // MAP_FIXED_NOREPLACE, and MAP_POPULATE for files
        if (file is { } register)
        {
            c.mov(r8, register);
        }
        else
        {
            c.mov(r8, -1L);
        }

        c.mov(r9, offset);
        c.mov(eax, 9);
        c.syscall();
        c.mov(rdi, address);
        c.cmp(rax, rdi);
        c.jne(fail);
    }

    private static void EmitSignals(Assembler c, out Label handler)
    {
        const long SignalInfoOnStackRestorerNoDeferRestart = 0x4 | 0x0800_0000 | 0x0400_0000 | 0x4000_0000 | 0x1000_0000;
        Label restorer = c.CreateLabel();
        Label after = c.CreateLabel();
        handler = c.CreateLabel();
        c.mov(rax, HandlerStack);
        c.mov(__qword_ptr[SignalStack], rax);
        c.mov(rax, (long)HandlerStackLength);
        c.mov(__qword_ptr[SignalStack + 16], rax);
        SystemCall(c, 131, (long)SignalStack, 0);
        c.lea(rax, __[handler]);
        c.mov(__qword_ptr[SignalAction], rax);
        c.mov(rax, SignalInfoOnStackRestorerNoDeferRestart);
        c.mov(__qword_ptr[SignalAction + 8], rax);
        c.lea(rax, __[restorer]);
        c.mov(__qword_ptr[SignalAction + 16], rax);
        foreach (int signal in (ReadOnlySpan<int>)[4, 5, 7, 8, 11, 26, 31])
        {
            SystemCall(c, 13, signal, (long)SignalAction, 0, 8);
        }

        // A virtual timer (it counts this process's own time only) ends cases that loop.
        c.mov(rax, 4_000L);
        c.mov(__qword_ptr[Timer + 8], rax);
        c.mov(__qword_ptr[Timer + 24], rax);
        SystemCall(c, 38, 1, (long)Timer, 0);

        EmitFilter(c);
        c.jmp(after);
        c.Label(ref restorer);
        c.mov(eax, 15);
        c.syscall();
        c.Label(ref after);
        c.nop();
    }

    /// <summary>Whatever a case does, it reaches nothing of the kernel: a system call from elsewhere than the oracle's own page ends it with SIGSYS.</summary>
    private static void EmitFilter(Assembler c)
    {
        const ulong load = 0x20, equal = 0x15, atLeast = 0x35, answer = 0x06;
        const uint architecture = 4, addressLow = 8, addressHigh = 12;
        const uint longMode = 0xC000_003E, allow = 0x7FFF_0000, trap = 0x0003_0000;
        ReadOnlySpan<ulong> program =
        [
            Bpf(load, 0, 0, architecture),
            Bpf(equal, 0, 6, longMode),
            Bpf(load, 0, 0, addressHigh),
            Bpf(equal, 0, 4, (uint)(Entry >> 32)),
            Bpf(load, 0, 0, addressLow),
            Bpf(atLeast, 0, 2, unchecked((uint)Entry)),
            Bpf(atLeast, 1, 0, unchecked((uint)Entry) + AddressMap.PageSize),
            Bpf(answer, 0, 0, allow),
            Bpf(answer, 0, 0, trap),
        ];
        for (int i = 0; i < program.Length; i++)
        {
            c.mov(rax, program[i]);
            c.mov(__qword_ptr[Filter + 16 + ((ulong)i * 8)], rax);
        }

        c.mov(rax, (long)program.Length);
        c.mov(__qword_ptr[Filter], rax);
        c.mov(rax, Filter + 16);
        c.mov(__qword_ptr[Filter + 8], rax);
        SystemCall(c, 157, 38, 1, 0, 0, 0);                 // PR_SET_NO_NEW_PRIVS
        SystemCall(c, 157, 22, 2, (long)Filter, 0, 0);      // PR_SET_SECCOMP, SECCOMP_MODE_FILTER

        static ulong Bpf(ulong code, ulong ifTrue, ulong ifFalse, uint operand) => code | (ifTrue << 16) | (ifFalse << 24) | ((ulong)operand << 32);
    }

    private static void EmitLoop(Assembler c, Label finish)
    {
        Label ready = c.CreateLabel();
        Label next = c.CreateLabel();
        Label run = c.CreateLabel();
        Label quit = c.CreateLabel();

        c.Label(ref ready);
        SystemCall(c, 1, 1, (long)Name, 1);
        SystemCall(c, 0, 0, (long)ReadBuffer, 1);
        c.cmp(rax, 1);
        c.jne(quit);
        c.mov(rbx, SharedFile);
        c.mov(rax, __qword_ptr[rbx]);
        c.mov(__qword_ptr[SlotsLeft], rax);
        c.lea(rbx, __[rbx + CaseSlot.First]);
        c.mov(rax, rbx);
        c.mov(__qword_ptr[CurrentSlot], rax);

        c.Label(ref next);
        c.mov(rax, __qword_ptr[SlotsLeft]);
        c.sub(rax, 1);
        c.mov(__qword_ptr[SlotsLeft], rax);
        c.jnc(run);
        c.jmp(ready);
        c.Label(ref run);
        c.inc(__qword_ptr[CasesRun]);
        c.mov(rax, __qword_ptr[CurrentSlot]);
        c.mov(r15, rax);
        CopyImages(c, toSlot: false);
        EmitEnter(c);

        // Both ways out of a case come here, on our own stack.
        c.Label(ref finish);
        c.mov(rsp, StackTop);
        c.push(2);
        c.popfq();                                              // NT among them, with which IRETQ would fault for every later case
        c.mov(rax, __qword_ptr[CurrentSlot]);
        c.mov(r15, rax);
        CopyImages(c, toSlot: true);
        c.lea(rax, __[r15 + CaseSlot.Stride]);
        c.mov(__qword_ptr[CurrentSlot], rax);
        c.jmp(next);

        c.Label(ref quit);
        SystemCall(c, 60, 0);
    }

    private static void CopyImages(Assembler c, bool toSlot)
    {
        CopyImage(c, toSlot, CaseSlot.CodeImage, AddressMap.Code, AddressMap.CodeLength);
        CopyImage(c, toSlot, CaseSlot.DataImage, AddressMap.Data, 2 * AddressMap.PageSize);
        CopyImage(c, toSlot, CaseSlot.DataImage + (2 * AddressMap.PageSize), AddressMap.DataIsland, AddressMap.PageSize);
    }

    private static void CopyImage(Assembler c, bool toSlot, int image, ulong address, int length)
    {
        c.lea(toSlot ? rdi : rsi, __[r15 + image]);
        c.mov(toSlot ? rsi : rdi, address);
        c.mov(ecx, length / 8);
        c.rep.movsq();
    }

    private static void EmitEnter(Assembler c)
    {
        c.mov(eax, 7);
        c.xor(edx, edx);
        c.xrstor(__[r15 + CaseSlot.VectorIn]);
        EmitSegments(c);
        c.push(0x2B);
        c.push(__qword_ptr[r15 + CaseSlot.GeneralIn + (4 * 8)]);
        c.push(__qword_ptr[r15 + CaseSlot.FlagsIn]);
        c.push(__qword_ptr[r15 + CaseSlot.CsIn]);
        c.push(__qword_ptr[r15 + CaseSlot.RipIn]);
        for (int i = 0; i < 16; i++)
        {
            if (i != 4)
            {
                c.mov(_general[i], __qword_ptr[r15 + (i * 8)]);
            }
        }

        c.iretq();
    }

    /// <summary>A program that went amid an instruction may have loaded GS, and with it a base of 0.</summary>
    private static void EmitSegments(Assembler c)
    {
        c.mov(eax, 0x2B);
        c.mov(ds, eax);
        c.mov(es, eax);
        if (CanSetBases)
        {
            c.xor(eax, eax);
            c.mov(fs, eax);
            c.mov(gs, eax);
            c.mov(rax, AddressMap.FsBase);
            c.wrfsbase(rax);
            c.mov(rax, AddressMap.GsBase);
            c.wrgsbase(rax);
        }
    }

    private static void EmitExit(Assembler c, Label finish)
    {
        for (int i = 0; i < 16; i++)
        {
            c.mov(__qword_ptr[SavedRegisters + ((ulong)i * 8)], _general[i]);
        }

        c.mov(rsp, StackTop);
        c.pushfq();
        c.pop(rax);
        c.mov(__qword_ptr[SavedFlags], rax);
        c.push(2);
        c.popfq();
        c.mov(rax, __qword_ptr[CurrentSlot]);
        c.mov(rbx, rax);
        c.mov(__qword_ptr[rbx + CaseSlot.Kind], (int)CaseSlot.KindExited);
        c.lea(rdi, __[rbx + CaseSlot.RegistersOut]);
        c.mov(rsi, SavedRegisters);
        c.mov(ecx, 17);
        c.rep.movsq();
        c.mov(eax, 7);
        c.xor(edx, edx);
        c.xsave(__[rbx + CaseSlot.VectorOut]);
        c.jmp(finish);
    }

    private static void EmitHandler(Assembler c, Label handler, Label finish)
    {
        Label isFault = c.CreateLabel();
        Label again = c.CreateLabel();
        Label record = c.CreateLabel();
        c.Label(ref handler);
        c.mov(ebp, (int)CaseSlot.KindSignalled);
        c.cmp(edi, 26);
        c.jne(isFault);

        // A tick: the case is endless when it has already seen one.
        c.mov(ebp, (int)CaseSlot.KindEndless);
        c.mov(rax, __qword_ptr[CasesRun]);
        c.mov(rcx, rax);
        c.mov(rax, __qword_ptr[CasesAtTick]);
        c.cmp(rax, rcx);
        c.je(again);
        c.mov(rax, rcx);
        c.mov(__qword_ptr[CasesAtTick], rax);
        c.ret();
        c.Label(ref again);
        c.mov(rax, __qword_ptr[rdx + 40 + (16 * 8)]);
        c.cmp(rax, (int)AddressMap.Code);
        c.jae(record);
        c.ret();

        c.Label(ref isFault);
        c.nop();
        c.Label(ref record);
        c.mov(rax, __qword_ptr[CurrentSlot]);
        c.mov(rbx, rax);
        c.mov(__qword_ptr[rbx + CaseSlot.Kind], rbp);
        c.movsxd(rdi, edi);
        c.mov(__qword_ptr[rbx + CaseSlot.Signal], rdi);
        c.lea(rdi, __[rbx + CaseSlot.RegistersOut]);
        c.lea(rsi, __[rdx + 40]);
        c.mov(ecx, 23);
        c.rep.movsq();
        c.mov(rsi, __qword_ptr[rdx + 40 + (23 * 8)]);
        c.lea(rdi, __[rbx + CaseSlot.VectorOut]);
        c.mov(ecx, CaseSlot.VectorLength / 8);
        c.rep.movsq();
        c.jmp(finish);
    }
}
