// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Memory;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>Programs that lie elsewhere in each process: copied translations against translations made for the place.</summary>
public sealed class MovedCodeTests
{
    private const ulong First = 0x5555_0000_0000;
    private const ulong Second = 0x7F12_3456_7000;

    /// <summary>At a fault those are open that nothing behind it reads.</summary>
    private const ulong ArithmeticFlags = 0x8D5;

    [Fact]
    public void Programs_CopiedFromAnotherPlace_DoWhatTheyDoWhenTranslatedThere()
    {
        using Machine moved = new();
        using Machine fresh = new();
        int done = 0;
        foreach (CpuCase test in CaseStream.Sequences(seed: 77, count: 3000))
        {
            if (!test.Is64Bit)
            {
                continue;
            }

            // Away from where they were made for, some programs never end.
            if (moved.Run(test, First) is not null && moved.Run(test, Second) is { } copied && fresh.Run(test, Second) is { } translated)
            {
                Assert.Equal(translated, copied);
                done++;
            }
        }

        Assert.InRange(done, 1000, int.MaxValue);
        Assert.InRange(moved.Cache.BlocksCopied, done, long.MaxValue);
        Assert.Equal(0, fresh.Cache.BlocksCopied);
    }

    [Fact]
    public void CallsConstantsLoopsAndTables_AreThoseOfTheNewPlace()
    {
        using Machine machine = new();
        byte[] image = Program();
        ulong[] at = [First, Second, First + 0x3000, Second + 0x1F_F000];
        foreach (ulong place in at)
        {
            machine.Map(place);
            machine.LoadCode(image);
            machine.LoadData(new byte[AddressMap.DataLength]);
            machine.Cpu.State.Rsp = AddressMap.Data + 0x800;
            machine.Cpu.State.Rip = AddressMap.Code + place;
            Assert.Equal(ExitReason.Privileged, machine.Cpu.Run());
            ref CpuState state = ref machine.Cpu.State;
            Assert.Equal(1000UL, state.Rcx);
            Assert.Equal(AddressMap.Data + place + 0x40, state.Rdi);
            Assert.Equal(0x1234_5678UL + 1000, state.Rbx);
            ulong returned = MemoryMarshal.Read<ulong>(machine.Memory.Frame(machine.DataFrame)[(0x800 - 8)..]);
            Assert.Equal(AddressMap.Code + place, returned & ~0xFFFUL);
        }

        Assert.InRange(machine.Cache.BlocksCopied, 6, long.MaxValue);
    }

    [Fact]
    public void CodeThatWasWrittenTo_IsNotCopied()
    {
        using Machine machine = new();
        machine.Map(First);
        machine.Map(Second);
        Assert.Equal(1UL, RunStore(machine, First, 1));
        Assert.Equal(2UL, RunStore(machine, Second, 2));
        Assert.Equal(2UL, RunStore(machine, First, 2));
        Assert.Equal(1, machine.Cache.BlocksCopied);
    }

    private static ulong RunStore(Machine machine, ulong place, int value)
    {
        var assembler = new Assembler(64);
        assembler.mov(eax, value);
        assembler.hlt();
        machine.LoadCode(Assemble(assembler));
        machine.Cpu.State.Rip = AddressMap.Code + place;
        machine.Cpu.Run();
        return machine.Cpu.State.Rax;
    }

    /// <summary>A counter in memory found by RIP, a function called a thousand times, and a table of two targets.</summary>
    private static byte[] Program()
    {
        var a = new Assembler(64);
        Label function = a.CreateLabel();
        Label loop = a.CreateLabel();
        Label other = a.CreateLabel();
        Label end = a.CreateLabel();
        a.AddInstruction(Instruction.Create(Code.Lea_r64_m, Register.R8, Relative(AddressMap.Data)));
        a.mov(__qword_ptr[r8], 0x1234_5678);
        a.xor(ecx, ecx);
        a.Label(ref loop);
        a.call(function);
        a.inc(rcx);
        a.cmp(rcx, 1000);
        a.jne(loop);
        a.lea(rax, __[other]);
        a.jmp(rax);
        a.Label(ref function);
        a.AddInstruction(Instruction.Create(Code.Add_rm64_imm8, Relative(AddressMap.Data), 1));
        a.ret();
        a.Label(ref other);
        a.mov(rbx, __qword_ptr[r8]);
        a.AddInstruction(Instruction.Create(Code.Lea_r64_m, Register.RDI, Relative(AddressMap.Data + 0x40)));
        a.jmp(end);
        a.nop();
        a.Label(ref end);
        a.hlt();
        return Assemble(a);
    }

    private static MemoryOperand Relative(ulong target) => new(Register.RIP, (long)target, displSize: 1);

    private static byte[] Assemble(Assembler assembler)
    {
        using var stream = new MemoryStream();
        assembler.Assemble(new StreamCodeWriter(stream), AddressMap.Code);
        byte[] image = new byte[AddressMap.CodeLength];
        stream.ToArray().CopyTo(image, 0);
        return image;
    }

    /// <summary>The oracle's address map, and as often as wanted the same frames again, a distance away.</summary>
    private sealed class Machine : IDisposable
    {
        private readonly HashSet<ulong> _mapped = [];
        private readonly GuestAddressSpace _space;
        private readonly ulong[] _code;
        private readonly ulong[] _data;
        private readonly ulong _readOnly;
        private readonly ulong _exits;
        private ulong _nextFrame = 1;

        internal Machine()
        {
            Memory = new GuestMemory(256);
            Cache = new TranslationCache(new Processors(Memory));
            _space = new GuestAddressSpace(Memory, () => _nextFrame++);
            _code = [_nextFrame++, _nextFrame++];
            _data = [_nextFrame++, _nextFrame++, _nextFrame++];
            _readOnly = _nextFrame++;
            _exits = _nextFrame++;
            AddressMap.ReadOnlyPage().CopyTo(Memory.Frame(_readOnly));
            Memory.Frame(_exits)[0] = 0xF4;
            Map(0);
            Cpu = new VirtualCpu(Cache, new PagingPolicy(IgnoreUserBit: false, 512, 511, 0)) { Mode = CpuMode.User };
            Cpu.SetRoot(CpuMode.User, _space.Root);
            Cpu.SetRoot(CpuMode.Kernel, _space.Root);
            Cpu.State.LongMode = true;
        }

        internal GuestMemory Memory { get; }

        internal TranslationCache Cache { get; }

        internal VirtualCpu Cpu { get; }

        internal ulong DataFrame => _data[0];

        internal void Map(ulong distance)
        {
            if (!_mapped.Add(distance))
            {
                return;
            }

            const PageBits data = PageBits.User | PageBits.Write | PageBits.NoExecute;
            for (ulong i = 0; i < 2; i++)
            {
                ulong page = distance + (i * AddressMap.PageSize);
                _space.Map(AddressMap.Code + page, _code[i], PageBits.User | PageBits.Write);
                _space.Map(AddressMap.CodeAlias + page, _code[i], PageBits.User | PageBits.Write);
                _space.Map(AddressMap.Data + page, _data[i], data);
                _space.Map(AddressMap.Exit64 + page, _exits, PageBits.User);
            }

            _space.Map(AddressMap.DataIsland + distance, _data[2], data);
            _space.Map(AddressMap.ReadOnly + distance, _readOnly, PageBits.User | PageBits.NoExecute);
        }

        /// <summary>Writes code only where it is another, so that translations of what stays are kept.</summary>
        internal void LoadCode(byte[] image)
        {
            for (int i = 0; i < 2; i++)
            {
                ReadOnlySpan<byte> page = image.AsSpan(i * AddressMap.PageSize, AddressMap.PageSize);
                if (!page.SequenceEqual(Memory.Frame(_code[i])))
                {
                    Memory.TryWrite(PhysicalAddress.OfFrame(_code[i]), page);
                }
            }
        }

        internal void LoadData(ReadOnlySpan<byte> image)
        {
            for (int i = 0; i < 3; i++)
            {
                image.Slice(i * AddressMap.PageSize, AddressMap.PageSize).CopyTo(Memory.Frame(_data[i]));
            }
        }

        /// <summary>Runs a case a distance away from where it was made for.</summary>
        /// <returns>All that it left; null when it did not end.</returns>
        internal string? Run(CpuCase test, ulong distance)
        {
            Map(distance);
            LoadCode(test.CodeImage);
            Span<byte> data = stackalloc byte[AddressMap.DataLength];
            test.FillData(data);
            LoadData(data);
            ref CpuState state = ref Cpu.State;
            Span<ulong> general = MemoryMarshal.CreateSpan(ref state.Rax, 16);
            test.General.CopyTo(general);
            state.Rip = test.Start + distance;
            state.Rflags = test.Rflags;
            state.Cs = 0x33;
            state.Ss = state.Ds = state.Es = 0x2B;
            state.FsBase = AddressMap.FsBase;
            state.GsBase = AddressMap.GsBase;
            Cpu.SetVectorState(test.Xsave);
            using var watchdog = new Timer(_ => Cpu.Kick(), null, 500, 500);
            Cpu.BindThread();                               // two machines share this thread
            ExitReason reason = Cpu.Run();
            if (reason == ExitReason.Interrupted)
            {
                return null;
            }

            byte[] vectors = new byte[832];
            Cpu.GetVectorState(vectors);
            XsaveImage.Normalize(vectors);
            ulong flags = state.Rflags & ~(reason == ExitReason.Exception ? ArithmeticFlags : test.UndefinedFlags);
            return $"{reason} {Cpu.Exit} rip {state.Rip:x} flags {flags:x} {string.Join(' ', general.ToArray().Select(r => r.ToString("x")))} "
                + Convert.ToHexString(vectors) + string.Concat(_data.Concat(_code).Select(frame => Convert.ToHexString(Memory.Frame(frame))));
        }

        public void Dispose()
        {
            Cpu.Dispose();
            Cache.Dispose();
            Memory.Dispose();
        }
    }
}
