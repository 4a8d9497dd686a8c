// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Memory;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>Four-level paging, SDM 3A §4.5 to 4.8.</summary>
public sealed class PagingTests : IDisposable
{
    private const ulong Page = TestMachine.Data;
    private const PageBits Everything = PageBits.User | PageBits.Write;

    private readonly TestMachine _machine = new(CpuMode.User);

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Read_SetsAccessedOnEveryLevelAndNotDirty()
    {
        _machine.Map(Page, Everything);
        Read(Page);
        for (int level = 1; level <= 4; level++)
        {
            Assert.Equal(PageBits.Accessed, Bits(Page, level) & (PageBits.Accessed | PageBits.Dirty));
        }
    }

    [Fact]
    public void Write_AfterRead_SetsDirty()
    {
        _machine.Map(Page, Everything);
        Read(Page);
        Write(Page);
        Assert.Equal(PageBits.Accessed | PageBits.Dirty, Bits(Page, 1) & (PageBits.Accessed | PageBits.Dirty));
    }

    [Theory]
    [InlineData(PageBits.User, 7u)]
    [InlineData(PageBits.Write, 7u)]
    [InlineData(PageBits.User | PageBits.Write, 0u)]
    internal void Write_InUserMode_NeedsWriteAndUser(PageBits bits, uint error)
    {
        _machine.Map(Page, bits);
        ExpectFault(() => _machine.Run(c => { c.mov(rax, Page); c.mov(__byte_ptr[rax], 1); }), Page, error);
    }

    [Fact]
    public void Right_MissingInAnUpperLevel_Counts()
    {
        _machine.Map(Page, Everything);
        _machine.Space.Entry(Page, 2) &= ~(ulong)PageBits.Write;
        ExpectFault(() => _machine.Run(c => { c.mov(rax, Page); c.mov(__byte_ptr[rax], 1); }), Page, 7);
    }

    [Fact]
    public void Fetch_FromANoExecutePage_Faults()
    {
        _machine.Map(Page, Everything | PageBits.NoExecute);
        ExpectFault(() => _machine.Run(c => { c.mov(rax, Page); c.jmp(rax); }), Page, 0x15);
        Assert.Equal(Page, _machine.State.Rip);
    }

    [Fact]
    public void Fetch_FromNothing_Faults()
    {
        ExpectFault(() => _machine.Run(c => { c.mov(rax, 0x7000_0000L); c.jmp(rax); }), 0x7000_0000, 0x14);
    }

    [Fact]
    public void NonCanonicalAddress_Raises13()
    {
        Assert.Equal(ExitReason.Exception, _machine.Run(c => { c.mov(rax, 0x8000_0000_0000L); c.mov(rbx, __qword_ptr[rax]); }));
        Assert.Equal((13, 0u), (_machine.Exit.Vector, _machine.Exit.ErrorCode));
    }

    [Fact]
    public void NonCanonicalStack_Raises12()
    {
        Assert.Equal(ExitReason.Exception, _machine.Run(c => { c.mov(rsp, 0x8000_0000_0100L); c.push(rax); }));
        Assert.Equal(12, _machine.Exit.Vector);
        Assert.Equal(0x8000_0000_0100u, _machine.State.Rsp);
    }

    [Fact]
    public void JumpToANonCanonicalAddress_Raises13()
    {
        Assert.Equal(ExitReason.Exception, _machine.Run(c => { c.mov(rax, 0x8000_0000_0000L); c.jmp(rax); }));
        Assert.Equal(13, _machine.Exit.Vector);
    }

    [Fact]
    public void KernelMode_WriteToAReadOnlyPage_Faults()
    {
        using var machine = new TestMachine(CpuMode.Kernel);
        machine.Map(Page, PageBits.None);
        Assert.Equal(ExitReason.Exception, machine.Run(c => { c.mov(rax, Page); c.mov(__byte_ptr[rax], 1); }));
        Assert.Equal((14, 3u), (machine.Exit.Vector, machine.Exit.ErrorCode));
    }

    [Fact]
    public void IgnoreUserBit_LetsUserModeUseKernelPages()
    {
        using var machine = new TestMachine(CpuMode.User, new PagingPolicy(IgnoreUserBit: true, 512, 511, 0));
        machine.Map(Page, PageBits.Write);
        machine.RunToHalt(c => { c.mov(rax, Page); c.mov(__byte_ptr[rax], 1); });
    }

    [Fact]
    public void ReservedSlots_ComeFromTheOwnersTable_ReadOnlyInKernelModeOnly()
    {
        const ulong reserved = 0xFFFF_8000_0000_0000;           // slot 256
        using var machine = new TestMachine(CpuMode.Kernel, new PagingPolicy(IgnoreUserBit: true, 256, 271, 900));
        var owner = new GuestAddressSpace(machine.Memory, () => machine.TakeFrame());
        ulong frame = machine.TakeFrame();
        owner.Map(reserved, frame, PageBits.Write);
        machine.Memory.FrameWords(900)[256] = machine.Memory.FrameWords(owner.RootFrame)[256];
        machine.Memory.FrameWords(frame)[0] = 0x1234;
        machine.RunToHalt(c => { c.mov(rax, reserved); c.mov(rbx, __qword_ptr[rax]); });
        Assert.Equal(0x1234u, machine.State.Rbx);

        Assert.Equal(ExitReason.Exception, machine.Run(c => { c.mov(rax, reserved); c.mov(__byte_ptr[rax], 1); }));
        Assert.Equal((14, 3u), (machine.Exit.Vector, machine.Exit.ErrorCode & 3));

        machine.Cpu.Mode = CpuMode.User;
        Assert.Equal(ExitReason.Exception, machine.Run(c => { c.mov(rax, reserved); c.mov(rbx, __qword_ptr[rax]); }));
        Assert.Equal(14, machine.Exit.Vector);
    }

    [Fact]
    public void GuestsOwnEntryInAReservedSlot_IsNotUsed()
    {
        const ulong reserved = 0xFFFF_8000_0000_0000;
        using var machine = new TestMachine(CpuMode.Kernel, new PagingPolicy(IgnoreUserBit: true, 256, 271, 900));
        machine.Map(reserved, PageBits.Write);
        Assert.Equal(ExitReason.Exception, machine.Run(c => { c.mov(rax, reserved); c.mov(rbx, __qword_ptr[rax]); }));
        Assert.Equal(14, machine.Exit.Vector);
    }

    [Fact]
    public void LargePage_IsTranslated()
    {
        _machine.Space.MapLarge(0x8000_0000, level: 2, frame: 512, Everything);
        _machine.Memory.FrameWords(512 + 5)[1] = 0x77;
        _machine.RunToHalt(c => { c.mov(rax, 0x8000_5008L); c.mov(rbx, __qword_ptr[rax]); });
        Assert.Equal(0x77u, _machine.State.Rbx);
    }

    [Fact]
    public void Entry_Changed_CountsAfterInvalidation()
    {
        _machine.Map(Page, Everything);
        Read(Page);
        ulong other = _machine.TakeFrame();
        _machine.Memory.FrameWords(other)[0] = 0x99;
        _machine.Space.Map(Page, other, Everything);
        _machine.Cpu.InvalidatePage(Page);
        Read(Page);
        Assert.Equal(0x99u, _machine.State.Rbx);
    }

    [Fact]
    public void Entry_Removed_FaultsAfterAFlush()
    {
        _machine.Map(Page, Everything);
        Write(Page);
        _machine.Space.Entry(Page, 1) = 0;
        _machine.Cpu.FlushTlb();
        ExpectFault(() => _machine.Run(c => { c.mov(rax, Page); c.mov(__byte_ptr[rax], 1); }), Page, 6);
    }

    [Fact]
    public void CodePage_Remapped_RunsTheNewCodeAfterInvalidation()
    {
        const ulong here = 0x70_0000;
        ulong first = _machine.Map(here, Everything);
        ulong second = _machine.TakeFrame();
        _machine.Memory.TryWrite(PhysicalAddress.OfFrame(first), (ReadOnlySpan<byte>)[0xB8, 1, 0, 0, 0, 0xC3]);
        _machine.Memory.TryWrite(PhysicalAddress.OfFrame(second), (ReadOnlySpan<byte>)[0xB8, 2, 0, 0, 0, 0xC3]);
        _machine.RunToHalt(c => { c.mov(rbx, here); c.call(rbx); });
        Assert.Equal(1u, _machine.State.Rax);

        _machine.Space.Map(here, second, Everything);
        _machine.Cpu.InvalidatePage(here);
        _machine.RunToHalt(c => { c.mov(rbx, here); c.call(rbx); });
        Assert.Equal(2u, _machine.State.Rax);
    }

    [Fact]
    public void Modes_HaveTheirOwnRoots()
    {
        ulong frame = _machine.Map(Page, Everything);
        _machine.Memory.FrameWords(frame)[0] = 1;
        var kernel = new GuestAddressSpace(_machine.Memory, _machine.TakeFrame);
        ulong kernelFrame = _machine.TakeFrame();
        _machine.Memory.FrameWords(kernelFrame)[0] = 2;
        kernel.Map(Page, kernelFrame, PageBits.Write);
        kernel.Map(TestMachine.Code, _machine.CodeFrame, PageBits.Write);
        _machine.Cpu.SetRoot(CpuMode.Kernel, kernel.Root);
        Read(Page);
        Assert.Equal(1u, _machine.State.Rbx);
        _machine.Cpu.Mode = CpuMode.Kernel;
        Read(Page);
        Assert.Equal(2u, _machine.State.Rbx);
        _machine.Cpu.Mode = CpuMode.User;
        Read(Page);
        Assert.Equal(1u, _machine.State.Rbx);
    }

    [Fact]
    public void FrameOutsideTheMachine_Faults()
    {
        _machine.Space.Map(Page, 0xF_FFFF_FFFF, Everything);
        Assert.Equal(ExitReason.Exception, _machine.Run(c => { c.mov(rax, Page); c.mov(rbx, __qword_ptr[rax]); }));
        Assert.Equal(14, _machine.Exit.Vector);
    }

    [Fact]
    public void TryTranslate_AnswersAsTheProcessorDoes()
    {
        ulong frame = _machine.Map(Page, PageBits.User);
        Assert.True(_machine.Cpu.TryTranslate(Page + 5, Access.Read, out PhysicalAddress address, out _));
        Assert.Equal((frame << 12) + 5, address.Value);
        Assert.False(_machine.Cpu.TryTranslate(Page, Access.Write, out _, out PageFaultErrorCode fault));
        Assert.Equal(PageFaultErrorCode.Present | PageFaultErrorCode.Write | PageFaultErrorCode.User, fault);
        Assert.False(_machine.Cpu.TryTranslate(0x8000_0000_0000, Access.Read, out _, out fault));
        Assert.Equal(PageFaultErrorCode.None, fault);
    }

    [Fact]
    public void TryWrite_AcrossAPageThatFaults_WritesNothing()
    {
        ulong frame = _machine.Map(Page, Everything);
        Assert.False(_machine.Cpu.TryWrite(Page + 0xFFE, 0x1122_3344u));
        Assert.Equal(0u, _machine.Memory.FrameWords(frame)[511]);
        _machine.Map(Page + 0x1000, Everything);
        _machine.Cpu.FlushTlb();
        Assert.True(_machine.Cpu.TryWrite(Page + 0xFFE, 0x1122_3344u));
        Assert.True(_machine.Cpu.TryRead(Page + 0xFFE, out uint value));
        Assert.Equal(0x1122_3344u, value);
    }

    private PageBits Bits(ulong linear, int level) => (PageBits)_machine.Space.Entry(linear, level);

    private void Read(ulong linear) => _machine.RunToHalt(c => { c.mov(rax, linear); c.mov(rbx, __qword_ptr[rax]); });

    private void Write(ulong linear) => _machine.RunToHalt(c => { c.mov(rax, linear); c.mov(__qword_ptr[rax], rax); });

    private void ExpectFault(Func<ExitReason> run, ulong address, uint error)
    {
        ExitReason reason = run();
        if (error == 0)
        {
            _machine.ExpectHalt();
            return;
        }

        Assert.Equal(ExitReason.Exception, reason);
        Assert.Equal((14, address, error), (_machine.Exit.Vector, _machine.Exit.FaultAddress, _machine.Exit.ErrorCode));
    }
}
