// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>Code that is written while it runs. A processor notices at once, without any barrier.</summary>
public sealed class SelfModifyingCodeTests(DifferentialRunner runner) : IClassFixture<DifferentialRunner>
{
    [Fact]
    public void NextInstruction_Overwritten_RunsAsWritten() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label next = c.CreateLabel();
        c.lea(rdi, __[next]);
        c.mov(__byte_ptr[rdi + 1], 5);
        c.Label(ref next);
        c.mov(eax, 1);
    }));

    [Fact]
    public void OwnImmediate_CountedUpInALoop_IsSeenEachTime() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        Label patched = c.CreateLabel();
        c.lea(rdi, __[patched]);
        c.mov(ecx, 50);
        c.Label(ref head);
        c.inc(__byte_ptr[rdi + 1]);
        c.Label(ref patched);
        c.mov(eax, 0);
        c.add(rbx, rax);
        c.dec(ecx);
        c.jne(head);
    }));

    [Fact]
    public void Code_WrittenThroughItsAlias_RunsAsWritten() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        Label patched = c.CreateLabel();
        c.lea(rdi, __[patched]);
        c.add(rdi, (int)(AddressMap.CodeAlias - AddressMap.Code));
        c.mov(ecx, 20);
        c.Label(ref head);
        c.add(__byte_ptr[rdi + 1], 3);
        c.Label(ref patched);
        c.mov(eax, 0);
        c.add(rbx, rax);
        c.dec(ecx);
        c.jne(head);
    }));

    [Fact]
    public void Data_BesideCode_DoesNotDisturbIt() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        c.mov(rdi, AddressMap.Code + 0x800);
        c.mov(ecx, 100);
        c.Label(ref head);
        c.add(__qword_ptr[rdi + (rcx * 8)], rcx);
        c.dec(ecx);
        c.jne(head);
    }));

    [Theory]
    [InlineData(0xFF8)]
    [InlineData(0xFF4)]
    [InlineData(0xFFA)]
    [InlineData(0xFEF)]
    public void SecondPage_OfAnInstructionThatStraddles_IsWatched(int offset)
    {
        CpuCase test = CpuCase.Of(c =>
        {
            Label head = c.CreateLabel();
            Label patched = c.CreateLabel();
            c.mov(ecx, 20);
            c.Label(ref head);
            c.inc(__byte_ptr[rdi]);
            c.Label(ref patched);
            c.mov(rax, 0x0101_0101_0101_0101L);
            c.add(rbx, rax);
            c.dec(ecx);
            c.jne(head);
        }).With(rdi, AddressMap.Code + 0x1002);
        test.Start = AddressMap.Code + (ulong)offset;
        runner.ExpectMatch(test);
    }

    [Fact]
    public void Code_CopiedByRepMovs_RunsWhereItWasPut() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label source = c.CreateLabel();
        Label head = c.CreateLabel();
        Label end = c.CreateLabel();
        c.mov(ebp, 5);
        c.Label(ref head);
        c.lea(rsi, __[source]);
        c.mov(rdi, AddressMap.Code + 0x1400);
        c.mov(ecx, 16);
        c.rep.movsb();
        c.mov(rdx, AddressMap.Code + 0x1400);
        c.call(rdx);
        c.lea(rsi, __[source]);
        c.inc(__byte_ptr[rsi + 1]);
        c.dec(ebp);
        c.jne(head);
        c.jmp(end);
        c.Label(ref source);
        c.mov(eax, 7);
        c.add(rbx, rax);
        c.ret();
        c.nop();
        c.Label(ref end);
        c.nop();
    }));

    [Fact]
    public void Jump_IntoTheMiddleOfAnInstruction_DecodesFromThere() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label constant = c.CreateLabel();
        c.lea(rdx, __[constant]);
        c.inc(rdx);
        c.call(rdx);
        c.Label(ref constant);
        c.mov(eax, 0x9090_C3F9u);                       // STC; RET
        c.sbb(ebx, ebx);
    }));

    [Fact]
    public void SameCode_AtTwoAddresses_KnowsWhereItIs() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label function = c.CreateLabel();
        Label end = c.CreateLabel();
        c.lea(rdx, __[function]);
        c.call(rdx);
        c.mov(rbx, rax);
        c.add(rdx, (int)(AddressMap.CodeAlias - AddressMap.Code));
        c.call(rdx);
        c.jmp(end);
        c.Label(ref function);
        c.lea(rax, __[function]);
        c.ret();
        c.Label(ref end);
        c.nop();
    }));

    [Fact]
    public void Store_ThatCrossesIntoItsOwnCode_IsSeen()
    {
        CpuCase test = CpuCase.Of(c =>
        {
            c.mov(__qword_ptr[rdi], rsi);
            c.mov(eax, 1);
            c.mov(ebx, 2);
        }).With(rdi, AddressMap.Code + 0x101).With(rsi, 0xBB00_0000_05B8_9090);
        runner.ExpectMatch(test);
    }

    [Fact]
    public void Push_OverWhatStandsBehindIt_IsSeenAtOnce()
    {
        ExpectNewCodeBehind(c => c.push(rax));
        ExpectNewCodeBehind(c => c.push(r9));
        ExpectNewCodeBehind(c => c.push(0x00C3_FF48));
        ExpectNewCodeBehind(c => c.push(__qword_ptr[rsi]));
        ExpectNewCodeBehind(c => c.enter(0, 0));
        ExpectNewCodeBehind(c => c.pushfq());
        ExpectNewCodeBehind(c => c.push(fs));
    }

    [Fact]
    public void Pop_ToWhatStandsBehindIt_IsSeenAtOnce() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label behind = c.CreateLabel();
        c.mov(__qword_ptr[rsp], rax);
        c.lea(rdi, __[behind]);
        c.pop(__qword_ptr[rdi]);
        c.Label(ref behind);
        Room(c);
    }).With(rax, TwoIncrements));

    [Fact]
    public void Push_ThatFirstHitsDataAndThenCode_IsSeenAtOnce() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        Label behind = c.CreateLabel();
        c.mov(ecx, 40);
        c.lea(rsi, __[behind]);
        c.Label(ref head);
        c.lea(rsp, __[rsi + (rcx * 8)]);
        c.push(rax);
        c.Label(ref behind);
        Room(c);
        c.dec(ecx);
        c.jne(head);
    }).With(rax, TwoIncrements));

    [Theory]
    [InlineData(0xFF7)]
    [InlineData(0xFF9)]
    [InlineData(0xFFC)]
    [InlineData(0xFFE)]
    public void Push_ThatCrossesPagesBehindIt_IsSeenAtOnce(int start)
    {
        CpuCase test = CpuCase.Of(c =>
        {
            c.push(rax);
            Room(c);
        }).With(rax, TwoIncrements).With(rsp, AddressMap.Code + (ulong)start + 9);
        test.Start = AddressMap.Code + (ulong)start;
        runner.ExpectMatch(test);
    }

    [Fact]
    public void Push_OverItself_MovesTheStackPointerOnce() => runner.ExpectMatch(
        CpuCase.Of(c => { c.push(-122); Room(c); }).With(rsp, AddressMap.Code + 0x104));

    /// <summary>The return address is <c>add eax, 0x100001</c> and more where the call goes to.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Call_OverItsOwnTarget_RunsTheReturnAddress(int kind)
    {
        CpuCase test = CpuCase.Of(c =>
        {
            Label target = c.CreateLabel();
            switch (kind)
            {
                case 0: c.call(target); break;
                case 1: c.call(rbx); break;
                default: c.call(__qword_ptr[rdi]); break;
            }

            c.Label(ref target);
            Room(c);
            c.clc();                                                                // behind a byte 00: ADD AL, BH
        }).With(rax, AddressMap.Data - 0x10_0001).With(rbx, AddressMap.Code + 0x105).With(rsp, AddressMap.Code + 0x10D).With(rdi, AddressMap.Data);
        test.Start = AddressMap.Code + 0x105UL - (kind == 0 ? 5UL : 2UL);
        test.Patches.Add((AddressMap.Data, BitConverter.GetBytes(AddressMap.Code + 0x105)));
        runner.ExpectMatch(test);
    }

    /// <summary>INC RBX; INC RDX; NOP; NOP.</summary>
    private const ulong TwoIncrements = 0x9090_C2FF_48C3_FF48;

    private static void Room(Assembler c)
    {
        for (int i = 0; i < 8; i++)
        {
            c.nop();
        }
    }

    /// <summary>Lets an instruction store eight bytes over those behind it, by RSP.</summary>
    private void ExpectNewCodeBehind(Action<Assembler> store) => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label behind = c.CreateLabel();
        c.mov(__qword_ptr[rsi], rbp);
        c.lea(rsp, __[behind]);
        c.lea(rsp, __[rsp + 8]);
        store(c);
        c.Label(ref behind);
        Room(c);
        c.clc();                                                                // behind a byte 00: ADD AL, BH
    }).With(rax, TwoIncrements).With(r9, TwoIncrements).With(rbp, TwoIncrements).With(rsi, AddressMap.Data));
}
