// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>Accesses that one check serves, where that check fails: page ends, missing and read-only pages, code pages.</summary>
public sealed class GroupedAccessTests(DifferentialRunner runner) : IClassFixture<DifferentialRunner>
{
    private const ulong EndOfData = AddressMap.DataHole;

    public static TheoryData<ulong> Places =>
    [
        AddressMap.Data + 0x800, AddressMap.Data + 0xFF0, AddressMap.Data + 0xFF4, AddressMap.Data + 0x1000, AddressMap.Data + 0x1010,
        EndOfData - 40, EndOfData - 16, EndOfData - 12, EndOfData - 8, EndOfData, AddressMap.ReadOnly - 16, AddressMap.ReadOnly - 8,
        AddressMap.ReadOnly, AddressMap.DataEnd - 16, AddressMap.DataEnd - 4,
    ];

    [Theory]
    [MemberData(nameof(Places))]
    public void Stack_OfAFunction_FaultsWhereTheHostDoes(ulong stack) => runner.ExpectMatch(CpuCase.Of(c =>
    {
        c.push(rbx);
        c.push(r10);
        c.sub(rsp, 16);
        c.mov(__qword_ptr[rsp + 8], rdi);
        c.mov(__dword_ptr[rsp + 4], esi);
        c.add(rdx, __qword_ptr[rsp + 8]);
        c.add(rsp, 16);
        c.pop(r11);
        c.pop(rbp);
    }).With(rsp, stack).With(rbx, 0x1111).With(r10, 0x2222).With(rdi, 0x3333).With(rsi, 0x4444));

    [Theory]
    [MemberData(nameof(Places))]
    public void Fields_OfAStructure_FaultWhereTheHostDoes(ulong place) => runner.ExpectMatch(CpuCase.Of(c =>
    {
        c.mov(rax, __qword_ptr[rdi + 8]);
        c.add(__dword_ptr[rdi + 4], eax);
        c.mov(rcx, __qword_ptr[rdi + rsi * 4]);
        c.inc(rsi);
        c.mov(__word_ptr[rdi + rsi * 4], cx);
        c.mov(bl, __byte_ptr[rdi]);
        c.mov(edi, 0);
        c.add(rbx, __qword_ptr[rsp]);
    }).With(rdi, place).With(rsi, 1).With(rsp, AddressMap.Data + 0x400));

    [Theory]
    [MemberData(nameof(Places))]
    public void Loop_OverAnArray_FaultsInTheTurnTheHostDoes(ulong place) => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        c.Label(ref head);
        c.mov(rax, __qword_ptr[rdi]);
        c.add(rax, rcx);
        c.mov(__qword_ptr[rdi], rax);
        c.add(rdx, __qword_ptr[rsi + (rbx * 8)]);
        c.add(rdi, 8);
        c.inc(rbx);
        c.cmp(rbx, 60);
        c.jne(head);
        c.mov(r8, rdi);
    }).With(rdi, place).With(rsi, AddressMap.Data + 0x100).With(rbx, 0).With(rcx, 77));

    [Theory]
    [MemberData(nameof(Places))]
    public void VectorLoop_OverAnArray_FaultsInTheTurnTheHostDoes(ulong place) => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        c.Label(ref head);
        c.movups(xmm0, __xmmword_ptr[rdi + rdx]);
        c.paddd(xmm0, xmm1);
        c.movups(__xmmword_ptr[rsi + rdx], xmm0);
        c.add(rdx, 16);
        c.cmp(rdx, 0x600);
        c.jb(head);
    }).With(rdi, AddressMap.Data).With(rsi, place).With(rdx, 0));

    [Fact]
    public void Loop_ThatLeavesInTheMiddleOfATurn_LeavesThere() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        Label found = c.CreateLabel();
        c.Label(ref head);
        c.cmp(__qword_ptr[rdi + (rcx * 8)], 0);
        c.je(found);
        c.adc(rax, rcx);
        c.dec(rcx);
        c.jns(head);
        c.Label(ref found);
        c.mov(rdx, rcx);
    }).With(rdi, AddressMap.Data).With(rcx, 400));

    [Fact]
    public void Loop_WithCarryAcrossTurns_KeepsIt() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        c.xor(eax, eax);
        c.Label(ref head);
        c.mov(rax, __qword_ptr[rsi]);
        c.adc(__qword_ptr[rdi], rax);
        c.lea(rsi, __[rsi + 8]);
        c.lea(rdi, __[rdi + 8]);
        c.dec(ecx);
        c.jne(head);
        c.setc(bl);
    }).With(rsi, AddressMap.Data + 8).With(rdi, AddressMap.Data + 0xF00).With(rcx, 100));

    [Fact]
    public void Store_ThatRewritesTheLoopItself_IsSeenInTheNextTurn() => runner.ExpectMatch(CpuCase.Of(c =>
    {
        Label head = c.CreateLabel();
        Label patched = c.CreateLabel();
        c.lea(rdi, __[patched]);
        c.mov(ecx, 60);
        c.Label(ref head);
        c.add(__byte_ptr[rdi + 1], 1);
        c.mov(bl, __byte_ptr[rdi + 2]);
        c.Label(ref patched);
        c.mov(eax, 0);
        c.add(rdx, rax);
        c.dec(ecx);
        c.jne(head);
    }));
}
