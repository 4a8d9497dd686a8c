// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>What the random cases found, in its smallest form.</summary>
public sealed class RegressionTests(DifferentialRunner runner) : IClassFixture<DifferentialRunner>
{
    [Fact]
    public void Mulx_WithOneTargetTwice_KeepsTheUpperHalf() => runner.ExpectMatch(
        CpuCase.Of(c => c.mulx(r9, r9, r15)).With(rdx, 0x1234_5678_9ABC_DEF0).With(r15, 0xFEDC_BA98_7654_3210));

    [Fact]
    public void ExchangeAdd_OfARegisterInMemoryWithItself_KeepsTheSum() => runner.ExpectMatch(
        CpuCase.Of(c => { c.xadd(r9, r9); c.xadd(r10d, r10d); }).With(r9, 21).With(r10, 0x8000_0001));

    [Fact]
    public void CrossingStore_ThatFaults_LeavesNothingForTheNextStore()
    {
        CpuCase fault = CpuCase.Of(c => c.movntps(__xmmword_ptr[rdi], xmm1)).With(rdi, AddressMap.Data + 0xFF8);
        CpuCase store = CpuCase.Of(c => { c.mov(__qword_ptr[rsi], rax); c.mov(__qword_ptr[rdi], rax); })
            .With(rsi, AddressMap.Data + 0x1FF8).With(rdi, AddressMap.DataIsland);
        runner.ExpectMatch(fault);
        runner.ExpectMatch(store);
    }

    [Fact]
    public void MisalignedVector_OnAMissingPage_IsAProtectionFault() => runner.ExpectMatch(
        CpuCase.Of(c => c.movaps(xmm1, __xmmword_ptr[rdi])).With(rdi, AddressMap.DataHole + 1));

    [Fact]
    public void HintsOfNewerProcessors_DoNothing() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        c.AddInstruction(Instruction.Create(Code.Cldemote_m8, new MemoryOperand(Register.RDI)));
        c.AddInstruction(Instruction.Create(Code.Prefetchit0_m8, new MemoryOperand(Register.RDI)));
    }));

    [Fact]
    public void MaskedByteStore_FromMmx_TurnsTheStack() => runner.ExpectMatch(
        CpuCase.Of(c => { c.fld1(); c.maskmovq(mm1, mm7); }).With(rdi, AddressMap.Data + 0x800));

    [Fact]
    public void PopFlags_ThatSetsTheTrapFlag_TrapsBehindTheNextInstruction()
    {
        CpuCase test = CpuCase.Of(c => { c.push(0x302); c.popfq(); c.inc(rax); c.inc(rax); });
        runner.ExpectMatch(test);
    }

    [Fact]
    public void BitOffset_WithA32BitAddressInASegment_WrapsBeforeTheBaseIsAdded() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        c.bt(__dword_ptr.gs[eax + 0x3A], edx);
        c.bts(__qword_ptr.fs[r11d * 1 + 0x10], rbp);
    }).With(rax, 0xFFFF_FFFF_0000_0020).With(rdx, 77).With(r11, 0x1_0000_0004).With(rbp, 0xFFFF_FFFF_FFFF_FF80));

    [Fact]
    public void Enter_WithAFrameThatReachesNothing_Faults() => runner.ExpectMatch(
        CpuCase.Of(c => c.enter(0x2000, 0)).With(rsp, AddressMap.Data + 0x800));

    [Theory]
    [InlineData(0x8000_0000_0000)]
    [InlineData(0xFFFF_7FFF_FFFF_FFF8)]
    public void SlowStackAccess_ToANonCanonicalAddress_IsAStackFault(ulong address) => runner.ExpectMatch(
        CpuCase.Of(c => c.mov(__word_ptr[rsp], ss)).With(rsp, address));

    [Fact]
    public void BitOffset_InAStackRegister_DoesNotMakeAStackAccess() => runner.ExpectMatch(
        CpuCase.Of(c => c.bt(__qword_ptr[rdx], rbp)).With(rdx, 0x8000_0000_0000_0000));

    [Fact]
    public void Access_ThatReachesPastTheCanonicalBorder_IsAProtectionFaultEvenWithoutAPage() => runner.ExpectMatch(
        CpuCase.Of(c => c.mov(r12, __qword_ptr[r13 - 6])).With(r13, 0x8000_0000_0000));

    [Fact]
    public void StringStore_ThatReachesPastTheCanonicalBorder_IsAProtectionFaultEvenWithoutAPage() => runner.ExpectMatch(
        CpuCase.Of(c => c.stosq()).With(rdi, 0x7FFF_FFFF_FFFF));

    [Fact]
    public void MaskedStoreOfMmx_RaisesTheX87ErrorThatWaits() => runner.ExpectMatch(
        CpuCase.Of(c =>
        {
            c.mov(__word_ptr[rdi], 0x37B);                          // division by zero is not masked
            c.fldcw(__word_ptr[rdi]);
            c.fld1();
            c.fldz();
            c.fdivp(st1, st0);
            c.maskmovq(mm1, mm4);
        }).With(rdi, AddressMap.Data + 0x40));

    /// <summary>OF becomes what CF and the top bit make it, so CF must not be lost before.</summary>
    [Theory]
    [InlineData(9)]
    [InlineData(0x5B)]
    public void RotateThroughCarry_ByAWholeTurn_ReadsTheCarry(byte count)
    {
        for (int i = 0; i < 2; i++)                         // the second time no access misses the TLB
        {
            CpuCase test = CpuCase.Of(c =>
            {
                c.inc(__word_ptr[r13]);
                c.rcl(dl, count);
                c.setle(dh);
                c.cmp(al, 0xC5);
            }).With(r13, AddressMap.Data + 0x1570).With(rdx, 0x2A);
            test.Rflags = 0x2C2;
            test.Patches.Add((AddressMap.Data + 0x1570, [0xFF, 0x7F]));
            runner.ExpectMatch(test);
        }
    }

    [Theory]
    [InlineData(0x7FFF_FFFF_FFFF)]
    [InlineData(0x7FFF_FFFF_FFF9)]
    [InlineData(0x7FFF_FFFF_FFF8)]
    [InlineData(0x7FFF_FFFF_FFF1)]
    [InlineData(0xFFFF_7FFF_FFFF_FFFE)]
    public void MaskedByteStore_ThatReachesPastTheCanonicalBorder_IsCheckedEightByEight(ulong address)
    {
        runner.ExpectMatch(CpuCase.Of(c => c.maskmovq(mm1, mm7)).With(rdi, address));
        runner.ExpectMatch(CpuCase.Of(c => c.maskmovdqu(xmm1, xmm7)).With(rdi, address));
    }

    /// <summary>The sum with the base is canonical.</summary>
    [Theory]
    [InlineData(0xFFFF_7FFF_FFFF_E097)]
    [InlineData(0xFFFF_7FFF_FFFF_FFFF)]
    [InlineData(0xFFFF_8000_0000_0000)]
    public void OffsetInASegment_ThatIsNotCanonicalItself_FaultsAsOnTheHost(ulong offset)
    {
        Expect(c => c.mov(rax, __qword_ptr.gs[r13]));
        Expect(c => c.add(__dword_ptr.fs[r13], eax));
        Expect(c => c.push(__qword_ptr.gs[r13]));
        Expect(c => c.pop(__qword_ptr.gs[r13]));
        Expect(c => c.call(__qword_ptr.gs[r13]));
        Expect(c => c.movups(xmm3, __xmmword_ptr.fs[r13]));
        Expect(c => c.mov(__word_ptr.gs[r13], ss));
        Expect(c => c.mov(rax, __qword_ptr.gs[r13 + rbx]));
        Expect(c => c.AddInstruction(Instruction.CreateLodsq(64, Register.GS)));
        Expect(c => c.AddInstruction(Instruction.CreateMovsb(64, Register.FS, RepPrefixKind.Repe)));
        Expect(c => c.AddInstruction(Instruction.CreateMaskmovq(64, Register.MM1, Register.MM2, Register.GS)));

        void Expect(Action<Assembler> write) => runner.ExpectMatch(
            CpuCase.Of(write).With(r13, offset).With(rsi, offset).With(rdi, offset).With(rcx, 3));
    }

    [Theory]
    [InlineData(0xFFFB_FFFF_FFFF_0016)]
    [InlineData(0xFFFB_FFFF_FFFF_FFC0)]
    [InlineData(0xFFFC_0000_0000_0000)]
    public void BitOffsetInASegment_ThatLeadsBelowTheCanonicalBorder_FaultsAsOnTheHost(ulong offset)
    {
        runner.ExpectMatch(CpuCase.Of(c => c.bts(__qword_ptr.gs[0x97], r13)).With(r13, offset));
        runner.ExpectMatch(CpuCase.Of(c => c.bt(__qword_ptr.fs[rdi], r13)).With(r13, offset).With(rdi, 0x97));
        runner.ExpectMatch(CpuCase.Of(c => c.@lock.btc(__qword_ptr[rdi], r13)).With(r13, offset).With(rdi, AddressMap.Data));
    }

    /// <summary>AMD's processors take it as 16-bit operand size, Intel's ignore it.</summary>
    [Theory]
    [InlineData("66 EB 10")]
    [InlineData("66 E9 10 00 00 00")]
    [InlineData("66 74 10")]
    [InlineData("66 75 10")]
    [InlineData("66 0F 84 10 00 00 00")]
    [InlineData("66 0F 85 10 00 00 00")]
    [InlineData("66 E2 10")]
    [InlineData("66 E3 10")]
    [InlineData("66 67 E3 10")]
    [InlineData("66 E8 10 00 00 00")]
    [InlineData("66 FF D0")]
    [InlineData("66 41 FF D1")]
    [InlineData("66 FF E0")]
    [InlineData("66 41 FF E1")]
    [InlineData("66 FF 16")]
    [InlineData("66 FF 26")]
    [InlineData("66 48 FF 26")]
    [InlineData("66 48 FF D0")]
    [InlineData("66 48 EB 10")]
    [InlineData("66 48 C3")]
    [InlineData("66 C3")]
    [InlineData("66 C2 08 00")]
    public void NearBranch_WithAnOperandSizePrefix_GoesWhereTheHostGoes(string bytes)
    {
        foreach (ulong counter in (ReadOnlySpan<ulong>)[0, 1, 7])
        {
            CpuCase test = CpuCase.Of(c =>
            {
                c.db(Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal)));
                for (int i = 0; i < 0x20; i++)
                {
                    c.inc(ebx);
                }
            }).With(rcx, counter).With(rax, 0x1234_1000_0110).With(r9, 0x1000_0120).With(rsi, AddressMap.Data);
            test.Rflags = counter == 7 ? 0x246UL : 0x202UL;
            test.Patches.Add((AddressMap.Data, BitConverter.GetBytes(0x5678_1000_0114)));
            test.Patches.Add((test.General[4], BitConverter.GetBytes(0x5678_1000_0108)));
            runner.ExpectMatch(test);
        }
    }

    [Fact]
    public void BranchIntoTheExit_AtItsSecondByte_RunsTheSameThere() => runner.ExpectMatch(
        CpuCase.Of(c => { c.mov(rbx, AddressMap.Exit64 + 1); c.jmp(rbx); }).With(rax, 0x40));

    [Fact]
    public void PopOfSp_BetweenAccessesToTheStack_PartsThem()
    {
        for (int i = 0; i < 2; i++)                         // the first time one check of several accesses fails, on clean pages
        {
            runner.ExpectMatch(CpuCase.Of(c =>
            {
                c.mov(__word_ptr[rsp], 0x3140);             // into another page
                c.pop(sp);
                c.push(rax);
                c.push(rbx);
            }).With(rax, 0x1111).With(rbx, 0x2222));
        }
    }

    [Fact]
    public void Interrupt1_ByItsOwnByteWithOrWithoutPrefixes_IsNotIntOne()
    {
        runner.ExpectMatch(CpuCase.Of(c => c.db(0xCD, 0x01)));
        runner.ExpectMatch(CpuCase.Of(c => c.db(0xF1)));
        runner.ExpectMatch(CpuCase.Of(c => c.db(0x67, 0xF1)));
    }
}
