// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Machines;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>What leaves the processor, and how each exit is decoded.</summary>
public sealed class ExitTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Syscall_Exits_BehindTheInstruction()
    {
        Assert.Equal(ExitReason.Syscall, _machine.Run(c => { c.mov(rcx, 5L); c.syscall(); }));
        Assert.Equal(TestMachine.Code + 12, _machine.State.Rip);
        Assert.Equal(_machine.State.Rip, _machine.Exit.NextRip);
        Assert.Equal(5u, _machine.State.Rcx);
    }

    [Fact]
    public void Syscall_ThatIsAnsweredInside_RunsOn()
    {
        uint asked = 0;
        _machine.Cpu.OnSyscall = () =>
        {
            _machine.State.Rax += ++asked;
            return asked == 3 ? SyscallAnswer.Interrupt : SyscallAnswer.GoOn;
        };
        Assert.Equal(ExitReason.Interrupted, _machine.Run(c =>
        {
            c.mov(rax, 10L);
            c.syscall();
            c.add(rax, rax);
            c.syscall();
            c.syscall();
            c.hlt();
        }));
        Assert.Equal((((10u + 1) * 2) + 2) + 3, _machine.State.Rax);
        Assert.Equal(TestMachine.Code + 19, _machine.State.Rip);
    }

    [Fact]
    public void Syscall_WhoseAnswerThrows_LeavesTheProcessorOutside()
    {
        _machine.Cpu.OnSyscall = static () => throw new InvalidOperationException("no");
        Assert.Throws<InvalidOperationException>(() => _machine.Run(c => c.syscall()));
        _machine.Cpu.OnSyscall = static () => SyscallAnswer.Leave;
        Assert.Equal(ExitReason.Syscall, _machine.Run(c => c.syscall()));
    }

    [Fact]
    public void Sysenter_Exits_AtTheInstruction()
    {
        Assert.Equal(ExitReason.Sysenter, _machine.Run(c => c.sysenter()));
        Assert.Equal(TestMachine.Code, _machine.State.Rip);
    }

    [Theory]
    [InlineData(0x80)]
    [InlineData(0x20)]
    public void Interrupt_Exits_WithItsVector(int vector)
    {
        Assert.Equal(ExitReason.SoftwareInterrupt, _machine.Run(c => c.@int(unchecked((sbyte)vector))));
        Assert.Equal(vector, _machine.Exit.Vector);
        Assert.Equal(TestMachine.Code, _machine.State.Rip);
        Assert.Equal(TestMachine.Code + 2, _machine.Exit.NextRip);
    }

    [Fact]
    public void Breakpoint_Exits_WithVector3()
    {
        Assert.Equal(ExitReason.SoftwareInterrupt, _machine.Run(c => c.int3()));
        Assert.Equal(3, _machine.Exit.Vector);
        Assert.Equal(TestMachine.Code + 1, _machine.Exit.NextRip);
    }

    [Fact]
    public void Undefined_Exits_WithVector6()
    {
        Assert.Equal(ExitReason.Exception, _machine.Run(c => c.ud2()));
        Assert.Equal(6, _machine.Exit.Vector);
        Assert.False(_machine.Exit.HasErrorCode);
    }

    [Fact]
    public void Cpuid_Skipped_GoesOnWithTheHandlersRegisters()
    {
        Expect(c => { c.cpuid(); c.mov(r8, rbx); }, PrivilegedOperation.Cpuid);
        _machine.State.Rbx = 77;
        _machine.Cpu.Skip();
        _machine.Cpu.Run();
        _machine.ExpectHalt();
        Assert.Equal(77u, _machine.State.R8);
    }

    [Fact]
    public void ReadMsr_Exits_WithEcx()
    {
        Expect(c => { c.mov(ecx, 0xC000_0080); c.rdmsr(); }, PrivilegedOperation.ReadMsr);
        Assert.Equal(0xC000_0080, _machine.Exit.Number);
    }

    [Fact]
    public void WriteMsr_Exits_WithEdxEax()
    {
        Expect(c => { c.mov(ecx, 0x10); c.mov(edx, 0x1234); c.mov(eax, 0x5678); c.wrmsr(); }, PrivilegedOperation.WriteMsr);
        Assert.Equal(0x10u, _machine.Exit.Number);
        Assert.Equal(0x1234_0000_5678u, _machine.Exit.Value);
    }

    [Fact]
    public void XsetBv_Exits_WithEdxEax()
    {
        Expect(c => { c.xor(ecx, ecx); c.xor(edx, edx); c.mov(eax, 7); c.xsetbv(); }, PrivilegedOperation.WriteExtendedControl);
        Assert.Equal(7u, _machine.Exit.Value);
    }

    [Fact]
    public void ReadControl_Completed_WritesTheRegister()
    {
        Expect(c => c.mov(r9, cr4), PrivilegedOperation.ReadControl);
        Assert.Equal(4u, _machine.Exit.Number);
        _machine.Cpu.Complete(0x660);
        _machine.Cpu.Run();
        Assert.Equal(0x660u, _machine.State.R9);
        _machine.ExpectHalt();
    }

    [Fact]
    public void WriteControl_Exits_WithTheValue()
    {
        Expect(c => { c.mov(rax, 0x8005_003BL); c.mov(cr0, rax); }, PrivilegedOperation.WriteControl);
        Assert.Equal(0u, _machine.Exit.Number);
        Assert.Equal(0x8005_003Bu, _machine.Exit.Value);
    }

    [Fact]
    public void DebugRegisters_Exit_WithNumberAndValue()
    {
        Expect(c => c.mov(rbx, dr6), PrivilegedOperation.ReadDebug);
        Assert.Equal(6u, _machine.Exit.Number);
        Expect(c => { c.mov(rcx, 0x400L); c.mov(dr7, rcx); }, PrivilegedOperation.WriteDebug);
        Assert.Equal(7u, _machine.Exit.Number);
        Assert.Equal(0x400u, _machine.Exit.Value);
    }

    [Fact]
    public void PlainPrivileged_Exit_AsThemselves()
    {
        Expect(c => c.clts(), PrivilegedOperation.ClearTaskSwitched);
        Expect(c => c.cli(), PrivilegedOperation.ClearInterruptFlag);
        Expect(c => c.sti(), PrivilegedOperation.SetInterruptFlag);
        Expect(c => c.hlt(), PrivilegedOperation.Halt);
        Expect(c => c.swapgs(), PrivilegedOperation.SwapGs);
        Expect(c => c.wbinvd(), PrivilegedOperation.WriteBackCaches);
        Expect(c => c.invd(), PrivilegedOperation.WriteBackCaches);
        Expect(c => c.sysretq(), PrivilegedOperation.Sysret);
        Expect(c => c.rdpmc(), PrivilegedOperation.ReadPerformanceCounter);
    }

    [Fact]
    public void MachineStatus_IsReadAndWritten()
    {
        Expect(c => c.smsw(eax), PrivilegedOperation.StoreMachineStatus);
        _machine.Cpu.Complete(0x3B);
        Assert.Equal(0x3Bu, _machine.State.Rax);
        Expect(c => { c.mov(eax, 0xB); c.lmsw(ax); }, PrivilegedOperation.LoadMachineStatus);
        Assert.Equal(0xBu, _machine.Exit.Value & 0xFFFF);
    }

    [Fact]
    public void PortIn_Completed_MergesTheResult()
    {
        Expect(c => { c.mov(rax, -1L); c.mov(edx, 0x3F8); c.@in(al, dx); }, PrivilegedOperation.PortIn);
        Assert.Equal((0x3F8u, 1, false), (_machine.Exit.Number, _machine.Exit.Size, _machine.Exit.IsString));
        _machine.Cpu.Complete(0x5A);
        Assert.Equal(0xFFFF_FFFF_FFFF_FF5A, _machine.State.Rax);
    }

    [Fact]
    public void PortOut_Exits_WithPortValueAndSize()
    {
        Expect(c => { c.mov(eax, 0x1234_5678); c.@out(0xE9, eax); }, PrivilegedOperation.PortOut);
        Assert.Equal((0xE9u, 4, 0x1234_5678UL), (_machine.Exit.Number, _machine.Exit.Size, _machine.Exit.Value));
    }

    [Fact]
    public void PortStrings_Exit_AsStrings()
    {
        Expect(c => { c.mov(edx, 0x70); c.outsb(); }, PrivilegedOperation.PortOut);
        Assert.True(_machine.Exit.IsString);
        Expect(c => { c.mov(edx, 0x70); c.insd(); }, PrivilegedOperation.PortIn);
        Assert.True(_machine.Exit.IsString);
        Assert.Equal(4, _machine.Exit.Size);
    }

    [Fact]
    public void SegmentLoads_Exit_WithNumberAndSelector()
    {
        Expect(c => { c.mov(eax, 0x2B); c.mov(ds, eax); }, PrivilegedOperation.LoadSegment);
        Assert.Equal((3u, 0x2BUL), (_machine.Exit.Number, _machine.Exit.Value & 0xFFFF));
        Expect(c => { c.push(0x53); c.pop(fs); }, PrivilegedOperation.LoadSegment);
        Assert.Equal((4u, 0x53UL), (_machine.Exit.Number, _machine.Exit.Value & 0xFFFF));
    }

    [Fact]
    public void PopSegment_Skipped_MovesTheStackPointer()
    {
        Expect(c => { c.push(0x53); c.pop(gs); }, PrivilegedOperation.LoadSegment);
        ulong before = _machine.State.Rsp;
        _machine.Cpu.Skip();
        _machine.Cpu.Run();
        _machine.ExpectHalt();
        Assert.Equal(before + 8, _machine.State.Rsp);
    }

    [Fact]
    public void FarTransfers_Exit_WithSelectorAndOffset()
    {
        _machine.Map(TestMachine.Data, PageBits.Write);
        _machine.Cpu.TryWrite(TestMachine.Data, 0x0000_0010_8000_1234UL);
        Expect(c => { c.mov(rax, TestMachine.Data); c.jmp(__fword_ptr[rax]); }, PrivilegedOperation.FarJump);
        Assert.Equal((0x10, 0x8000_1234UL), (_machine.Exit.Selector, _machine.Exit.Value & 0xFFFF_FFFF));
        Expect(c => { c.mov(rax, TestMachine.Data); c.call(__fword_ptr[rax]); }, PrivilegedOperation.FarCall);
        Expect(c => c.AddInstruction(Instruction.Create(Code.Retfq_imm16, 0x10)), PrivilegedOperation.FarReturn);
        Assert.Equal((0x10UL, 8), (_machine.Exit.Value, _machine.Exit.Size));
        Expect(c => c.iretq(), PrivilegedOperation.InterruptReturn);
        Assert.Equal(8, _machine.Exit.Size);
        Expect(c => c.iretd(), PrivilegedOperation.InterruptReturn);
        Assert.Equal(4, _machine.Exit.Size);
    }

    [Fact]
    public void FarPointerLoad_Exits_WithSelectorAndOffset()
    {
        _machine.Map(TestMachine.Data, PageBits.Write);
        _machine.Cpu.TryWrite(TestMachine.Data, 0x0053_8000_1234UL);
        Expect(c => { c.mov(rax, TestMachine.Data); c.lgs(ecx, __fword_ptr[rax]); }, PrivilegedOperation.LoadFarPointer);
        Assert.Equal((5u, 0x53, 0x8000_1234UL), (_machine.Exit.Number, _machine.Exit.Selector, _machine.Exit.Value));
    }

    [Fact]
    public void DescriptorQueries_Exit_AndAnswerByZeroFlag()
    {
        Expect(c => { c.mov(eax, 0x10); c.lar(ebx, eax); }, PrivilegedOperation.LoadAccessRights);
        Assert.Equal(0x10u, _machine.Exit.Value & 0xFFFF);
        _machine.Cpu.Complete(0xA09B00);
        Assert.Equal(0xA09B00u, _machine.State.Rbx);
        Expect(c => { c.mov(eax, 0x18); c.lsl(ebx, eax); }, PrivilegedOperation.LoadSegmentLimit);
        Expect(c => { c.mov(eax, 0x18); c.verr(ax); }, PrivilegedOperation.VerifyRead);
        _machine.Cpu.SkipWithZeroFlag(true);
        Assert.Equal(0x40u, _machine.State.Rflags & 0x40);
        Expect(c => { c.mov(eax, 0x18); c.verw(ax); }, PrivilegedOperation.VerifyWrite);
        _machine.Cpu.SkipWithZeroFlag(false);
        Assert.Equal(0u, _machine.State.Rflags & 0x40);
    }

    [Fact]
    public void DescriptorTables_Exit_WithTheirOperand()
    {
        Expect(c => c.sgdt(__[rsp - 0x20]), PrivilegedOperation.StoreGlobalDescriptorTable);
        Assert.Equal(_machine.State.Rsp - 0x20, _machine.Exit.FaultAddress);
        Expect(c => c.sidt(__[rsp - 0x20]), PrivilegedOperation.StoreInterruptDescriptorTable);
        Expect(c => c.sldt(eax), PrivilegedOperation.StoreLocalDescriptorTable);
        Expect(c => c.str(eax), PrivilegedOperation.StoreTaskRegister);
        Expect(c => c.lgdt(__[rsp]), PrivilegedOperation.LoadDescriptorTable);
        Expect(c => c.lidt(__[rsp]), PrivilegedOperation.LoadDescriptorTable);
        Expect(c => c.lldt(ax), PrivilegedOperation.LoadDescriptorTable);
        Expect(c => c.ltr(ax), PrivilegedOperation.LoadDescriptorTable);
    }

    [Fact]
    public void InvalidatePage_Exits_WithTheAddress()
    {
        Expect(c => { c.mov(rax, 0x1234_5000L); c.invlpg(__[rax + 8]); }, PrivilegedOperation.InvalidatePage);
        Assert.Equal(0x1234_5008u, _machine.Exit.FaultAddress);
    }

    [Fact]
    public void TimeStamp_WhenNotDisabled_NeverGoesBack()
    {
        _machine.RunToHalt(c =>
        {
            c.rdtsc();
            c.shl(rdx, 32);
            c.lea(r8, __[rax + rdx]);
            c.rdtscp();
            c.shl(rdx, 32);
            c.lea(r9, __[rax + rdx]);
        });
        Assert.InRange(_machine.State.R9 - _machine.State.R8, 0u, 10_000_000_000u);
    }

    [Fact]
    public void TimeStamp_Disabled_LeavesInUserMode()
    {
        using var machine = new TestMachine(CpuMode.User);
        machine.Cpu.TimeStampDisabled = true;
        Assert.Equal(ExitReason.Privileged, machine.Run(c => c.rdtsc()));
        Assert.Equal(PrivilegedOperation.ReadTimeStamp, machine.Exit.Operation);
    }

    [Fact]
    public void TaskSwitched_MakesVectorInstructionsRaise7()
    {
        _machine.Cpu.TaskSwitched = true;
        Assert.Equal(ExitReason.Exception, _machine.Run(c => { c.mov(eax, 1); c.addps(xmm0, xmm1); }));
        Assert.Equal(7, _machine.Exit.Vector);
        Assert.Equal(1u, _machine.State.Rax);
        _machine.Cpu.TaskSwitched = false;
        _machine.Cpu.Run();
        _machine.ExpectHalt();
    }

    [Fact]
    public void TrapFlag_Exits_BehindEachInstruction()
    {
        _machine.Load(c => { c.inc(eax); c.inc(eax); });
        _machine.State.Rflags = 0x302;
        for (uint i = 1; i <= 2; i++)
        {
            Assert.Equal(ExitReason.Exception, _machine.Cpu.Run());
            Assert.Equal(1, _machine.Exit.Vector);
            Assert.Equal(i, _machine.State.Rax);
            Assert.Equal(TestMachine.Code + (2 * i), _machine.State.Rip);
        }
    }

    private void Expect(Action<Assembler> code, PrivilegedOperation operation)
    {
        Assert.Equal(ExitReason.Privileged, _machine.Run(code));
        Assert.Equal(operation, _machine.Exit.Operation);
    }
}
