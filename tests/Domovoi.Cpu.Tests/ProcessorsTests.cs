// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Memory;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>What one processor's stores and one thread's flushes mean to other processors that run.</summary>
public sealed class ProcessorsTests
{
    private const ulong Code = 0x40_0000;
    private const ulong Other = 0x41_0000;
    private const ulong Shared = 0x60_0000;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    [Fact]
    public void SlowInstruction_WhoseBytesChangedUnseen_IsNotTakenForAnother()
    {
        using TestMachine machine = new();
        machine.Run(c => c.int3());
        Assert.Equal(ExitReason.SoftwareInterrupt, machine.Exit.Reason);

        // As another processor's store may be seen before the request to retire is.
        machine.Memory.Frame(machine.CodeFrame)[0] = 0x90;
        machine.State.Rip = TestMachine.Code;
        machine.Cpu.Run();
        machine.ExpectHalt();
    }

    [Fact]
    public void Flush_OfARunningProcessor_HoldsWhenItWasWaitedFor()
    {
        using Pair pair = new();
        ulong next = pair.TakeFrame();
        pair.Memory.FrameWords(next)[0] = 2;
        Thread running = pair.Start(pair.First, Code, c =>
        {
            Label again = c.CreateLabel();
            c.mov(rdi, Shared);
            c.Label(ref again);
            c.inc(rbx);
            c.cmp(__qword_ptr[rdi], 2);
            c.jne(again);
            c.hlt();
        });
        Assert.False(running.Join(100));
        pair.Space.Map(Shared, next, PageBits.User | PageBits.Write);
        Assert.False(running.Join(100));
        pair.First.FlushTlb().Wait();
        Assert.True(running.Join(s_limit));
    }

    [Fact]
    public void Code_ThatOneProcessorWrites_IsRunAnewByTheOther()
    {
        using Pair pair = new();
        Thread running = pair.Start(pair.First, Code, c =>
        {
            Label again = c.CreateLabel();
            Label function = c.CreateLabel();
            c.Label(ref again);
            c.call(function);
            c.cmp(eax, 7);
            c.jne(again);
            c.hlt();
            c.Label(ref function);
            c.mov(eax, 1);
            c.ret();
        });
        Assert.False(running.Join(100));
        int immediate = pair.Memory.Frame(pair.CodeFrame).IndexOf((byte)0xB8) + 1;
        Thread writing = pair.Start(pair.Second, Other, c =>
        {
            c.mov(rdi, Code + (ulong)immediate);
            c.mov(__byte_ptr[rdi], 7);
            c.hlt();
        });
        Assert.True(running.Join(s_limit));
        Assert.True(writing.Join(s_limit));
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0xFFD)]
    public void LockedAddition_OfBothAtOnePlace_LosesNothing(int offset)
    {
        const int Turns = 20_000;
        using Pair pair = new();
        void Add(Assembler c)
        {
            Label again = c.CreateLabel();
            c.mov(rdi, Shared + (ulong)offset);
            c.mov(ecx, Turns);
            c.Label(ref again);
            c.@lock.inc(__qword_ptr[rdi]);
            c.dec(ecx);
            c.jne(again);
            c.hlt();
        }

        Thread[] both = [pair.Start(pair.First, Code, Add), pair.Start(pair.Second, Other, Add)];
        Assert.All(both, thread => Assert.True(thread.Join(s_limit)));
        Span<byte> sum = stackalloc byte[8];
        Assert.True(pair.First.TryRead(Shared + (ulong)offset, sum));
        Assert.Equal(2 * Turns, BitConverter.ToInt64(sum));
    }

    /// <summary>Two processors in one address space, each with a page of code; two pages of data.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly TranslationCache[] _caches;
        private readonly ulong _otherFrame;
        private ulong _nextFrame = 1;

        internal Pair()
        {
            Space = new GuestAddressSpace(Memory, TakeFrame);
            CodeFrame = Map(Code);
            _otherFrame = Map(Other);
            Map(Shared);
            Map(Shared + 0x1000);
            Processors processors = new(Memory);
            _caches = [new TranslationCache(processors), new TranslationCache(processors)];
            First = Make(_caches[0]);
            Second = Make(_caches[1]);
        }

        internal GuestMemory Memory { get; } = new(1024);

        internal GuestAddressSpace Space { get; }

        internal ulong CodeFrame { get; }

        internal VirtualCpu First { get; }

        internal VirtualCpu Second { get; }

        internal ulong TakeFrame() => _nextFrame++;

        /// <summary>Runs code that ends with HLT on a thread of its own.</summary>
        internal Thread Start(VirtualCpu processor, ulong place, Action<Assembler> write)
        {
            Assembler assembler = new(64);
            write(assembler);
            MemoryStream bytes = new();
            assembler.Assemble(new StreamCodeWriter(bytes), place);
            Memory.TryWrite(PhysicalAddress.OfFrame(place == Code ? CodeFrame : _otherFrame), bytes.ToArray());
            processor.State.Rip = place;
            Thread thread = new(() => processor.Run()) { IsBackground = true };
            thread.Start();
            return thread;
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
            Array.ForEach(_caches, cache => cache.Dispose());
            Memory.Dispose();
        }

        private ulong Map(ulong linear)
        {
            ulong frame = TakeFrame();
            Space.Map(linear, frame, PageBits.User | PageBits.Write);
            return frame;
        }

        private VirtualCpu Make(TranslationCache cache)
        {
            VirtualCpu processor = new(cache, new PagingPolicy(IgnoreUserBit: false, 512, 511, 0)) { Mode = CpuMode.Kernel };
            processor.SetRoot(CpuMode.Kernel, Space.Root);
            processor.SetRoot(CpuMode.User, Space.Root);
            processor.State.LongMode = true;
            processor.State.Cs = 0x33;
            processor.State.Ss = 0x2B;
            processor.State.Rsp = Shared + 0x1800 + (cache == _caches[0] ? 0UL : 0x400);
            processor.State.Rflags = 0x202;
            return processor;
        }
    }
}
