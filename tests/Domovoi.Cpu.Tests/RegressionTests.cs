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
}
