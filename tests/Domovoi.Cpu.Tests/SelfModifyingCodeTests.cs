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
}
