// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Memory;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Machines;

/// <summary>A small machine for tests of what leaves the processor and of paging: one code page, one stack page, the rest on demand.</summary>
internal sealed class TestMachine : IDisposable
{
    internal const ulong Code = 0x40_0000;
    internal const ulong StackTop = 0x50_1000;
    internal const ulong Data = 0x60_0000;

    private readonly TranslationCache _cache;
    private ulong _nextFrame = 1;

    internal TestMachine(CpuMode mode = CpuMode.Kernel, PagingPolicy? policy = null)
    {
        Memory = new GuestMemory(1024);
        _cache = new TranslationCache(new Processors(Memory));
        Space = new GuestAddressSpace(Memory, TakeFrame);
        CodeFrame = Map(Code, PageBits.User | PageBits.Write);
        Map(StackTop - 0x1000, PageBits.User | PageBits.Write | PageBits.NoExecute);
        Cpu = new VirtualCpu(_cache, policy ?? new PagingPolicy(IgnoreUserBit: false, 512, 511, 0)) { Mode = mode };
        Cpu.SetRoot(CpuMode.Kernel, Space.Root);
        Cpu.SetRoot(CpuMode.User, Space.Root);
        ref CpuState state = ref Cpu.State;
        state.LongMode = true;
        state.Cs = 0x33;
        state.Ss = 0x2B;
        state.Rsp = StackTop - 0x100;
        state.Rflags = 0x202;
    }

    internal GuestMemory Memory { get; }

    internal GuestAddressSpace Space { get; }

    internal VirtualCpu Cpu { get; }

    internal ulong CodeFrame { get; }

    internal ref CpuState State => ref Cpu.State;

    internal ExitDetails Exit => Cpu.Exit;

    internal ulong TakeFrame() => _nextFrame++;

    /// <summary>Maps a fresh frame and returns it.</summary>
    internal ulong Map(ulong linear, PageBits bits)
    {
        ulong frame = TakeFrame();
        Space.Map(linear, frame, bits);
        return frame;
    }

    /// <summary>Puts code at <see cref="Code"/>, behind it HLT, and points RIP there.</summary>
    internal void Load(Action<Assembler> write, int bitness = 64)
    {
        var assembler = new Assembler(bitness);
        write(assembler);
        assembler.hlt();
        var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), Code);
        Memory.TryWrite(PhysicalAddress.OfFrame(CodeFrame), stream.ToArray());
        State.Rip = Code;
        State.LongMode = bitness == 64;
    }

    /// <summary>Loads code and runs it up to the first exit.</summary>
    internal ExitReason Run(Action<Assembler> write)
    {
        Load(write);
        return Cpu.Run();
    }

    /// <summary>Runs code that must end at its HLT.</summary>
    internal void RunToHalt(Action<Assembler> write)
    {
        Run(write);
        ExpectHalt();
    }

    internal void ExpectHalt()
    {
        Assert.Equal(PrivilegedOperation.Halt, Exit.Operation);
        Assert.Equal(ExitReason.Privileged, Exit.Reason);
    }

    public void Dispose()
    {
        Cpu.Dispose();
        _cache.Dispose();
        Memory.Dispose();
    }
}
