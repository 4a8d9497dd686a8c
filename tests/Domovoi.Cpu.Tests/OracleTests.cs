// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Domovoi.Cpu.Tests.Oracle;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>The oracle itself: what it reports is checked against what the SDM says.</summary>
public sealed class OracleTests
{
    [Fact]
    public void Addition_WithOverflow_LeavesSumAndFlags()
    {
        MachineState state = Run(CpuCase.Of(c => c.add(eax, ebx)).With(rax, 0x7FFF_FFFF).With(rbx, 1));

        Assert.Equal(Ending.Exited, state.Ending);
        Assert.Equal(0x8000_0000u, state.General[0]);
        Assert.Equal(0x202UL | 0x894, state.Rflags);
    }

    [Fact]
    public void Registers_AllOfThem_ComeBack()
    {
        CpuCase test = CpuCase.Of(c => c.nop());
        for (int i = 0; i < 16; i++)
        {
            test.General[i] = 0x1111_2222_3333_4444UL * (ulong)(i + 1);
        }

        MachineState state = Run(test);

        Assert.Equal(Ending.Exited, state.Ending);
        Assert.Equal(test.General, state.General);
    }

    [Fact]
    public void Division_ByZero_RaisesVector0AtTheInstruction()
    {
        MachineState state = Run(CpuCase.Of(c => { c.nop(); c.div(ecx); }));

        Assert.Equal(Ending.Exception, state.Ending);
        Assert.Equal(0, state.Vector);
        Assert.Equal(AddressMap.Code + 0x101, state.Rip);
    }

    [Fact]
    public void SystemCall_OfACase_ReachesNothing()
    {
        MachineState state = Run(CpuCase.Of(c => { c.mov(eax, 60); c.syscall(); }));          // exit(2)

        Assert.Equal(Ending.Exception, state.Ending);
        Assert.Equal(AddressMap.Code + 0x107, state.Rip);
        Assert.Equal(60UL, state.General[0]);
    }

    [Theory]
    [InlineData(AddressMap.DataHole - 4, true, AddressMap.DataHole, 6)]
    [InlineData(AddressMap.DataHole + 8, false, AddressMap.DataHole + 8, 4)]
    [InlineData(AddressMap.ReadOnly - 4, true, AddressMap.ReadOnly, 7)]
    public void Access_ThatFaults_TellsAddressAndError(ulong address, bool write, ulong faultAddress, ulong error)
    {
        MachineState state = Run(CpuCase.Of(c =>
        {
            if (write)
            {
                c.mov(__qword_ptr[rdi], rax);
            }
            else
            {
                c.mov(rax, __qword_ptr[rdi]);
            }
        }).With(rdi, address));

        Assert.Equal(14, state.Vector);
        Assert.Equal(faultAddress, state.FaultAddress);
        Assert.Equal(error, state.ErrorCode);
    }

    [Fact]
    public void NonCanonicalAddress_Raises13()
    {
        MachineState state = Run(CpuCase.Of(c => c.mov(rax, __qword_ptr[rdi])).With(rdi, 0x8000_0000_0000_0000));

        Assert.Equal(13, state.Vector);
    }

    [Fact]
    public void Segments_FsAndGs_HaveTheirBases()
    {
        MachineState state = Run(CpuCase.Of(c =>
        {
            c.mov(__byte_ptr.fs[8L], 0x5A);
            c.mov(__byte_ptr.gs[8L], 0x5B);
        }));

        Assert.Equal(0x5A, state.Data[(int)(AddressMap.FsBase - AddressMap.Data) + 8]);
        Assert.Equal(0x5B, state.Data[(int)(AddressMap.GsBase - AddressMap.Data) + 8]);
    }

    [Fact]
    public void Vector_Registers_GoInAndOut()
    {
        CpuCase test = CpuCase.Of(c => c.vpaddq(ymm15, ymm1, ymm2));
        XsaveImage.SetLane(test.Xsave, 1, 3, 5);
        XsaveImage.SetLane(test.Xsave, 2, 3, 6);

        Assert.Equal(11UL, XsaveImage.GetLane(Run(test).Xsave, 15, 3));
    }

    [Fact]
    public void Vector_RegistersAtAFault_AreKept()
    {
        CpuCase test = CpuCase.Of(c => { c.vpaddq(ymm15, ymm1, ymm2); c.ud2(); });
        XsaveImage.SetLane(test.Xsave, 1, 3, 5);
        XsaveImage.SetLane(test.Xsave, 2, 3, 6);
        MachineState state = Run(test);

        Assert.Equal(6, state.Vector);
        Assert.Equal(11UL, XsaveImage.GetLane(state.Xsave, 15, 3));
    }

    [Fact]
    public void Loop_WithoutEnd_IsEnded()
    {
        CpuCase test = CpuCase.Of(c => { Label here = c.CreateLabel(); c.Label(ref here); c.jmp(here); });

        Assert.Equal(Ending.Endless, Run(test).Ending);
    }

    [Fact]
    public void CompatibilityMode_RunsDecimalAdjust()
    {
        MachineState state = Run(CpuCase.Of(c => { c.mov(eax, 0x0F); c.daa(); }, bitness: 32));
        Assert.SkipUnless(state.Rip is 0 or >= AddressMap.Code, "This host's kernel has no 32-bit code segment.");

        Assert.Equal(0x15u, state.General[0]);
    }

    [Fact]
    public void TrapFlag_StopsBehindOneInstruction()
    {
        CpuCase test = CpuCase.Of(c => { c.inc(eax); c.inc(eax); });
        test.Rflags |= 0x100;
        MachineState state = Run(test);

        Assert.Equal(1, state.Vector);
        Assert.Equal(1u, state.General[0]);
    }

    [Fact]
    public void NestedTask_ThatACaseSetBeforeItFaulted_IsClearForTheNext()
    {
        CpuCase set = CpuCase.Of(c => { c.push(0x4202); c.popfq(); c.ud2(); });
        CpuCase next = CpuCase.Of(c => c.inc(eax));
        set.Assemble();
        next.Assemble();
        using var processor = new NativeProcessor();
        MachineState[] states = [new(), new()];
        processor.Run([set, next], states);

        Assert.Equal(Ending.Exited, states[1].Ending);
    }

    [Fact]
    public void Segments_ThatACaseLoaded_AreAsBeforeForTheNext()
    {
        Assert.SkipUnless(OracleProgram.CanSetBases, "the host's kernel lets no program set the base of GS");
        CpuCase load = CpuCase.Of(c => { c.mov(gs, eax); c.mov(fs, eax); c.mov(ds, ecx); }).With(rax, 0x2B);
        CpuCase read = CpuCase.Of(c => { c.mov(rax, __qword_ptr.gs[rdi]); c.mov(ecx, ds); }).With(rdi, 8);
        load.Assemble();
        read.Assemble();
        using var processor = new NativeProcessor();
        MachineState[] states = [new(), new()];
        processor.Run([load, read], states);

        Assert.Equal(Ending.Exited, states[1].Ending);
        Assert.Equal(BitConverter.ToUInt64(DataImages.Random, AddressMap.DataOffset(AddressMap.GsBase + 8)), states[1].General[0]);
        Assert.Equal(0x2Bu, states[1].General[1]);
    }

    /// <summary>Amid <c>xor al, 9Ch</c> there is a PUSHFQ; ROL by 5 leaves OF undefined, ROL by 1 does not.</summary>
    [Theory]
    [InlineData(5, true)]
    [InlineData(1, false)]
    public void FlagTrace_SeesAnUndefinedFlagReadAmidAnInstruction(byte count, bool reads)
    {
        CpuCase test = CpuCase.Of(c =>
        {
            Label xor = c.CreateLabel();
            c.lea(rdx, __[xor]);
            c.inc(rdx);
            c.rol(eax, count);
            c.jmp(rdx);
            c.Label(ref xor);
            c.xor(al, 0x9C);
        });
        test.Assemble();
        using var guest = new Machines.GuestProcessor();

        Assert.Equal(reads, FlagTrace.ReadsUndefined(test, guest));
    }

    [Fact]
    public void Comparison_SeesEachKindOfDifference()
    {
        CpuCase test = CpuCase.Of(c => c.nop());
        test.Assemble();
        using var processor = new NativeProcessor();
        MachineState[] states = [new(), new()];
        processor.Run([test, test], states);
        Assert.Empty(Comparison.Differences(test, states[0], states[1]));

        states[1].General[3] ^= 1;
        states[1].Rflags ^= 1;
        states[1].Data[77] ^= 1;
        states[1].Xsave[160] ^= 1;
        Assert.Equal(4, Comparison.Differences(test, states[0], states[1]).Count());
    }

    [Fact]
    public void Host_RunningACaseTwice_AgreesWithItself()
    {
        using var processor = new NativeProcessor();
        MachineState[] first = States();
        MachineState[] second = States();
        var coverage = new Coverage();
        IEnumerable<CpuCase> forms = CaseStream.Forms(3, InstructionCatalog.Testable(64), 64, 3, coverage);
        var differences = new List<string>();
        foreach (CpuCase[] batch in CaseStream.Batches(forms.Concat(CaseStream.Sequences(3, 4096))))
        {
            processor.Run(batch, first);
            processor.Run(batch, second);
            for (int i = 0; i < batch.Length; i++)
            {
                // Some hypervisors now and then emulate an instruction of their guest's programs, and raise #UD.
                bool emulated = first[i].Vector == 6 || second[i].Vector == 6;
                if (!emulated && !Comparison.Agree(batch[i], first[i], second[i]))
                {
                    differences.Add(CaseReport.Describe(batch[i], first[i], second[i]));
                }
            }
        }

        Assert.True(differences.Count == 0, string.Join(Environment.NewLine, differences.Take(5)));
    }

    private static MachineState[] States() => [.. Enumerable.Range(0, CaseSlot.Capacity).Select(_ => new MachineState())];

    private static MachineState Run(CpuCase test)
    {
        test.Assemble();
        using var processor = new NativeProcessor();
        var state = new MachineState();
        processor.Run([test], [state]);
        return state;
    }
}
