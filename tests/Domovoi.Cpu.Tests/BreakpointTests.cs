// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Cpu.Tests.Machines;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>DR0 to DR3: what raises #DB, and where RIP stands then.</summary>
public sealed class BreakpointTests : IDisposable
{
    private const ulong OnExecution = 0;
    private const ulong OnWriting = 1;
    private const ulong OnAccess = 3;

    private readonly TestMachine _machine = new();

    public BreakpointTests() => _machine.Map(TestMachine.Data, PageBits.User | PageBits.Write);

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(0x10, true)]
    [InlineData(0x0D, true)]                                    // its last byte
    [InlineData(0x0C, false)]
    [InlineData(0x14, false)]
    public void Write_ToAWatchedPlace_TrapsBehindIt(int offset, bool traps)
    {
        Watch(TestMachine.Data + 0x10, OnWriting, length: 4);
        _machine.Run(c => { c.mov(__dword_ptr[TestMachine.Data + (ulong)offset], 5); c.inc(ebx); });
        if (traps)
        {
            ExpectDebug(causes: 1);
            Assert.Equal(0u, _machine.State.Rbx);
            _machine.Cpu.Run();
        }

        _machine.ExpectHalt();
        Assert.Equal(1u, _machine.State.Rbx);
    }

    [Theory]
    [InlineData(OnWriting, false)]
    [InlineData(OnAccess, true)]
    public void Read_OfAWatchedPlace_TrapsWhereReadsCount(ulong kind, bool traps)
    {
        Watch(TestMachine.Data, kind, length: 8);
        ExitReason reason = _machine.Run(c => c.add(rax, __qword_ptr[TestMachine.Data]));
        Assert.Equal(traps ? ExitReason.Exception : ExitReason.Privileged, reason);
    }

    /// <summary>XTF's xsa-260: what MOV SS met is forgotten at the SYSCALL, not reported by the kernel's first instruction.</summary>
    [Fact]
    public void Syscall_BehindMovSsOfAWatchedPlace_RaisesNothingInTheKernel()
    {
        Watch(TestMachine.Data, OnAccess, length: 4);
        _machine.Cpu.OnSyscall = static () => SyscallAnswer.GoOn;
        Assert.Equal(ExitReason.Privileged, _machine.Run(c =>
        {
            c.mov(ss, __word_ptr[TestMachine.Data]);
            c.syscall();
            c.inc(ebx);
        }));
        _machine.Cpu.Skip();
        Assert.Equal(ExitReason.Syscall, _machine.Cpu.Run());
        _machine.Cpu.Run();
        _machine.ExpectHalt();
    }

    [Fact]
    public void Execution_OfAWatchedInstruction_FaultsBeforeItUnlessRfIsSet()
    {
        Watch(TestMachine.Code + 2, OnExecution, length: 1);
        _machine.Run(c => { c.inc(eax); c.inc(ebx); });
        ExpectDebug(causes: 1);
        Assert.Equal((1u, 0u), ((uint)_machine.State.Rax, (uint)_machine.State.Rbx));
        _machine.State.Rflags |= 0x1_0000;
        _machine.Cpu.Run();
        _machine.ExpectHalt();
        Assert.Equal(0u, _machine.State.Rflags & 0x1_0000);
    }

    [Fact]
    public void LoadOfSs_FromAWatchedPlace_TrapsBehindTheNextInstruction()
    {
        Watch(TestMachine.Data, OnAccess, length: 2);
        _machine.Run(c => { c.mov(ss, __word_ptr[TestMachine.Data]); c.inc(eax); c.inc(eax); });
        Assert.Equal(PrivilegedOperation.LoadSegment, _machine.Exit.Operation);
        _machine.Cpu.Skip();
        _machine.Cpu.Run();
        ExpectDebug(causes: 1);
        Assert.Equal(1u, _machine.State.Rax);
    }

    [Fact]
    public void Disabled_Breakpoints_NeverTrap()
    {
        Watch(TestMachine.Data, OnAccess, length: 8);
        _machine.Cpu.SetBreakpoints(new ulong[4], 0x400);
        _machine.RunToHalt(c => c.mov(__dword_ptr[TestMachine.Data], 5));
    }

    [Theory]
    [InlineData(true, ExitReason.Exception)]
    [InlineData(false, ExitReason.Privileged)]
    public void ReadOfFsBase_WithFsGsBaseDisabled_IsUndefined(bool disabled, ExitReason reason)
    {
        _machine.Cpu.FsGsBaseDisabled = disabled;
        Assert.Equal(reason, _machine.Run(c => c.rdfsbase(rax)));
        Assert.Equal(disabled ? 6 : 0, _machine.Exit.Vector);
    }

    private void Watch(ulong address, ulong kind, int length)
    {
        ulong size = length switch { 1 => 0ul, 2 => 1, 4 => 3, _ => 2 };
        _machine.Cpu.SetBreakpoints([address, 0, 0, 0], 0x401 | (kind << 16) | (size << 18));
    }

    private void ExpectDebug(ulong causes)
    {
        Assert.Equal((ExitReason.Exception, 1), (_machine.Exit.Reason, (int)_machine.Exit.Vector));
        Assert.Equal(causes, _machine.Exit.Value);
    }
}
