// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>REP MOVS and REP STOS over page ends, overlaps and faults, and what PUSHF and MOV from a segment register store.</summary>
public sealed class StringOperationTests(DifferentialRunner runner) : IClassFixture<DifferentialRunner>
{
    public static TheoryData<int> Sizes => [1, 2, 4, 8];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Moves_OverPageEndsOnBothSides_MatchTheHost(int size)
    {
        foreach (ulong skew in (ReadOnlySpan<ulong>)[0, 1, 7])
        {
            runner.ExpectMatch(CpuCase.Of(c => { Move(c, size); c.mov(rax, rcx); })
                .With(rsi, AddressMap.Data + 0xF00 + skew).With(rdi, AddressMap.DataIsland + 0x20).With(rcx, 0x400 / (ulong)size));
            runner.ExpectMatch(CpuCase.Of(c => Move(c, size))
                .With(rsi, AddressMap.DataIsland + 0x123).With(rdi, AddressMap.Data + 0xFF0 + skew).With(rcx, 0x800 / (ulong)size));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Moves_OntoThemselves_RepeatWhatTheyWrote(int size)
    {
        foreach (ulong distance in (ReadOnlySpan<ulong>)[0, 1, 3, 8, 9, 64])
        {
            runner.ExpectMatch(CpuCase.Of(c => Move(c, size))
                .With(rsi, AddressMap.Data + 0x200).With(rdi, AddressMap.Data + 0x200 + distance).With(rcx, 0x300 / (ulong)size));
            runner.ExpectMatch(CpuCase.Of(c => Move(c, size))
                .With(rsi, AddressMap.Data + 0x200 + distance).With(rdi, AddressMap.Data + 0x200).With(rcx, 0x300 / (ulong)size));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Fills_MatchTheHost(int size)
    {
        foreach (ulong start in (ReadOnlySpan<ulong>)[0, 5, 0xFFF, 0xFF9])
        {
            runner.ExpectMatch(CpuCase.Of(c => { c.cmp(rbx, rdx); Fill(c, size); c.sete(bl); })
                .With(rdi, AddressMap.Data + start).With(rax, 0x0123_4567_89AB_CDEF).With(rcx, 0x900 / (ulong)size));
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Fills_ThatFault_StopWhereTheHostStops(int size)
    {
        runner.ExpectMatch(CpuCase.Of(c => Fill(c, size)).With(rdi, AddressMap.DataHole - 0x100).With(rcx, 0x1000));
        runner.ExpectMatch(CpuCase.Of(c => Fill(c, size)).With(rdi, AddressMap.ReadOnly - 0x7F8).With(rcx, 0x1000));
        runner.ExpectMatch(CpuCase.Of(c => Fill(c, size)).With(rdi, 0x8000_0000_0000).With(rcx, 3));
        runner.ExpectMatch(CpuCase.Of(c => Move(c, size))
            .With(rsi, AddressMap.DataHole - 0x40).With(rdi, AddressMap.DataIsland).With(rcx, 0x100));
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void NothingIsDone_NoTimes(int size)
    {
        runner.ExpectMatch(CpuCase.Of(c => { Fill(c, size); Move(c, size); }).With(rcx, 0).With(rdi, 0x8000_0000_0000).With(rsi, 1));
        runner.ExpectMatch(CpuCase.Of(c => { c.std(); Fill(c, size); c.cld(); })
            .With(rcx, 0x80).With(rdi, AddressMap.Data + 0x1008));
    }

    [Fact]
    public void Moves_FromASegment_AndWithShortAddresses_MatchTheHost()
    {
        runner.ExpectMatch(CpuCase.Of(c => { c.db(0x65); c.rep.movsb(); }).With(rsi, 0x10).With(rdi, AddressMap.Data).With(rcx, 40));
        runner.ExpectMatch(CpuCase.Of(c => { c.db(0x67); c.rep.stosd(); })
            .With(rdi, 0xFFFF_FFFF_0000_0000 | AddressMap.Data).With(rcx, 0xFFFF_FFFF_0000_0020));
        runner.ExpectMatch(CpuCase.Of(c => c.repne.movsq()).With(rsi, AddressMap.Data).With(rdi, AddressMap.DataIsland).With(rcx, 9));
    }

    [Fact]
    public void Fills_OfCode_RunAsWritten() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label filled = c.CreateLabel();
        c.lea(rdi, __[filled]);
        c.mov(eax, 0x90);
        c.mov(ecx, 6);
        c.rep.stosb();
        c.Label(ref filled);
        c.inc(rdx);
        c.inc(rdx);
        c.inc(rbx);
    }));

    [Fact]
    public void Flags_ArePushedAsTheHostPushesThem()
    {
        foreach (ulong value in (ReadOnlySpan<ulong>)[0, 1, 0x7FFF_FFFF_FFFF_FFFF, ulong.MaxValue, 0x8000_0000_0000_0000])
        {
            runner.ExpectMatch(CpuCase.Of(c =>
            {
                c.add(rax, 1);
                c.pushfq();
                c.pushfq();
                c.pop(rbx);
                c.cmc();
                c.std();
                c.pushfq();
                c.pop(rdx);
                c.cld();
            }).With(rax, value).With(rsp, AddressMap.Data + 0x800));
        }

        runner.ExpectMatch(CpuCase.Of(c => c.pushfq()).With(rsp, AddressMap.Data + 0x1004));
        runner.ExpectMatch(CpuCase.Of(c => c.pushfq()).With(rsp, AddressMap.DataIsland + 4));
    }

    [Fact]
    public void Selectors_GoToRegistersAndMemory() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        c.mov(rax, cs);
        c.mov(r10, ss);
        c.mov(r11d, ds);
        c.mov(r14w, es);
        c.mov(bx, fs);
        c.mov(__word_ptr[rdi], ss);
        c.mov(__word_ptr[rdi + 0x7FF], cs);
    }).With(rdi, AddressMap.Data + 0x800).With(rbx, ulong.MaxValue).With(r14, ulong.MaxValue));

    private static void Move(Assembler c, int size)
    {
        switch (size)
        {
            case 1: c.rep.movsb(); break;
            case 2: c.rep.movsw(); break;
            case 4: c.rep.movsd(); break;
            default: c.rep.movsq(); break;
        }
    }

    private static void Fill(Assembler c, int size)
    {
        switch (size)
        {
            case 1: c.rep.stosb(); break;
            case 2: c.rep.stosw(); break;
            case 4: c.rep.stosd(); break;
            default: c.rep.stosq(); break;
        }
    }
}
