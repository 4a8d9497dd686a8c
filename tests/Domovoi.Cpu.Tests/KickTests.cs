// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.Tests.Machines;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

public sealed class KickTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Kick_BeforeRun_ReturnsAtOnce()
    {
        _machine.Load(c => c.nop());
        _machine.Cpu.Kick();
        Assert.Equal(ExitReason.Interrupted, _machine.Cpu.Run());
        _machine.Cpu.Run();
        _machine.ExpectHalt();
    }

    [Fact]
    public void Kick_InASelfLoop_Interrupts() => ExpectInterrupted(c =>
    {
        Label here = c.CreateLabel();
        c.Label(ref here);
        c.jmp(here);
    });

    [Fact]
    public void Kick_InALoopOfSeveralBlocks_Interrupts() => ExpectInterrupted(c =>
    {
        Label head = c.CreateLabel();
        Label other = c.CreateLabel();
        c.Label(ref head);
        c.inc(rax);
        c.test(al, 1);
        c.je(other);
        c.jmp(head);
        c.Label(ref other);
        c.inc(rbx);
        c.jmp(head);
    });

    [Fact]
    public void Kick_InALoopOfCallsAndReturns_Interrupts() => ExpectInterrupted(c =>
    {
        Label head = c.CreateLabel();
        Label function = c.CreateLabel();
        c.Label(ref head);
        c.call(function);
        c.jmp(head);
        c.Label(ref function);
        c.ret();
    });

    [Fact]
    public void Kick_InAnIndirectLoop_Interrupts() => ExpectInterrupted(c =>
    {
        c.mov(rax, TestMachine.Code + 10);
        c.jmp(rax);
    });

    [Fact]
    public void Kick_InALoopWithLiveFlags_KeepsThem()
    {
        ExpectInterrupted(c =>
        {
            Label head = c.CreateLabel();
            c.xor(eax, eax);
            c.stc();
            c.Label(ref head);
            c.sbb(rbx, rbx);
            c.jc(head);
        });
        Assert.Equal(ulong.MaxValue, _machine.State.Rbx);
        Assert.Equal(1u, _machine.State.Rflags & 1);
    }

    private void ExpectInterrupted(Action<Assembler> code)
    {
        _machine.Load(code);
        for (int i = 0; i < 5; i++)
        {
            using var timer = new Timer(_ => _machine.Cpu.Kick(), null, 2, Timeout.Infinite);
            long start = Stopwatch.GetTimestamp();
            Assert.Equal(ExitReason.Interrupted, _machine.Cpu.Run());
            Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 2);
        }
    }
}
