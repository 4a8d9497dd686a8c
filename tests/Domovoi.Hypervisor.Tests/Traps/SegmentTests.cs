// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Traps;

public sealed class SegmentTests
{
    private const ulong Code64 = 0x00AF_FB00_0000_FFFF;
    private const ulong Code32 = 0x00CF_FB00_0000_FFFF;
    private const ulong Data = 0x12CF_F334_5678_FFFF;
    private const ulong AbsentData = 0x00CF_7300_0000_FFFF;
    private const ulong InnerData = 0x00CF_9300_0000_FFFF;

    private const ulong LdtPage = TestDomain.Pages + (20 * 4096);

    [Fact]
    public void Descriptor_TellsItsFields()
    {
        SegmentDescriptor data = new(Data);
        Assert.Equal((0x1234_5678UL, uint.MaxValue, 3), (data.Base, data.Limit, data.PrivilegeLevel));
        Assert.Equal((0x00C0_F300U, false, true), (data.AccessRights, data.IsCode, data.IsReadableOrWritable));
        Assert.True(new SegmentDescriptor(Code64) is { IsCode: true, IsLong: true, Is32Bit: false });
    }

    [Theory]
    [InlineData(3, 0, 0)]
    [InlineData(2, 0, 13)]
    [InlineData(3, 0x0B, 0)]
    [InlineData(3, 0x13, 0)]
    [InlineData(2, 0x13, 13)]
    [InlineData(3, 0x1B, 11)]
    [InlineData(2, 0x1B, 12)]
    [InlineData(3, 0x23, 13)]
    [InlineData(3, 0x2B, 13)]
    [InlineData(3, 0x0F, 13)]
    [InlineData(2, X86Selectors.Stack, 0)]
    public void Load_OfADataSegment_FaultsAsInRingThree(uint register, ushort selector, byte fault)
    {
        using TestDomain domain = WithTable(Data, Code64, AbsentData, InnerData);
        Assert.Equal(fault, SegmentLoads.Check(domain.Vcpu, register, selector, out _));
    }

    [Theory]
    [InlineData(0x13, 0)]
    [InlineData(0x1B, 0)]
    [InlineData(0x0B, 13)]
    [InlineData(0x03, 13)]
    [InlineData(0x23, 13)]
    [InlineData(X86Selectors.Code64, 0)]
    [InlineData(X86Selectors.Code32, 0)]
    [InlineData(X86Selectors.XenCode, 13)]
    public void Transfer_ToACodeSegment_FaultsAsInRingThree(ushort selector, byte fault)
    {
        using TestDomain domain = WithTable(Data, Code64, Code32);
        Assert.Equal(fault, FarTransfers.CheckCode(domain.Vcpu, selector, out _));
    }

    [Fact]
    public void Ldt_IsReadInTheKernelsAddressSpace()
    {
        using TestDomain domain = TestDomain.Create();
        NewLdt(domain, Data);
        domain.EnterUser();

        Assert.Equal(0, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out SegmentDescriptor descriptor));
        Assert.Equal((Data, false), (descriptor.Raw, domain.Vcpu.IsInKernelMode));
        Assert.Equal(13, SegmentLoads.Check(domain.Vcpu, 3, 0x17, out _));
    }

    [Fact]
    public void Ldt_ThatIsMappedWritable_HoldsNoDescriptors()
    {
        using TestDomain domain = TestDomain.Create();
        domain.Write(TestDomain.Pages + 8, Data);
        Assert.Equal(0, SetLdt(domain, TestDomain.Pages, 2));
        Assert.Equal(13, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out _));
    }

    [Fact]
    public void Ldt_InUse_CannotBeMappedWritable_UntilItIsLetGo()
    {
        using TestDomain domain = TestDomain.Create();
        Mfn frame = NewLdt(domain, Data);
        Assert.Equal(0, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out _));
        Assert.Equal(Frames.FrameType.SegmentDescriptors, domain.Domain.Frames.Describe(frame).Type);
        Assert.Equal((long)XenError.Busy, Map(domain, LdtPage + 4096, frame, isWritable: true));
        Assert.Equal(0, SetLdt(domain, 0, 0));
        Assert.Equal(0, Map(domain, LdtPage + 4096, frame, isWritable: true));
        Assert.Equal(0, SetLdt(domain, LdtPage, 2));
        Assert.Equal(13, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out _));
    }

    [Fact]
    public void Ldt_WhoseMappingGoes_IsLetGo()
    {
        using TestDomain domain = TestDomain.Create();
        Mfn frame = NewLdt(domain, Data);
        Assert.Equal(0, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out _));
        Assert.Equal(0, domain.Hypercall(HypercallNumber.UpdateVaMapping, LdtPage, 0, 0));
        Assert.Equal(0U, domain.Domain.Frames.Describe(frame).TypeCount);
        Assert.Equal(13, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out _));
    }

    [Fact]
    public void Ldt_WithADescriptorOfTheHypervisors_IsRefused()
    {
        using TestDomain domain = TestDomain.Create();
        NewLdt(domain, 0x0000_8B00_0000_0067);              // a TSS
        Assert.Equal(13, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out _));
    }

    /// <summary>An LDT of two entries in a frame of its own, mapped read-only.</summary>
    private static Mfn NewLdt(TestDomain domain, ulong entry)
    {
        Mfn frame = domain.Domain.Frames.AllocateRam(new Pfn(60));
        domain.Domain.Memory.FrameWords(frame.Value)[1] = entry;
        Assert.Equal(0, Map(domain, LdtPage, frame, isWritable: false));
        Assert.Equal(0, SetLdt(domain, LdtPage, 2));
        return frame;
    }

    private static long Map(TestDomain domain, ulong linear, Mfn frame, bool isWritable) =>
        domain.Hypercall(HypercallNumber.UpdateVaMapping, linear, (frame.Value << 12) | (isWritable ? 7UL : 5UL), 0);

    private static long SetLdt(TestDomain domain, ulong linear, uint entries)
    {
        domain.Write(TestDomain.Scratch, new MmuExtendedRequest { Command = MmuExtendedCommand.SetLdt, Argument1 = linear, Argument2 = entries });
        return domain.Hypercall(HypercallNumber.MmuExtOp, TestDomain.Scratch, 1, 0, DomainId.Self.Value);
    }

    /// <summary>A GDT whose entries from 1 on are given.</summary>
    private static TestDomain WithTable(params ulong[] entries)
    {
        TestDomain domain = TestDomain.Create();
        Mfn frame = domain.Domain.Frames.AllocateXenFrame(Frames.FrameOwner.Hypervisor);
        entries.CopyTo(domain.Domain.Memory.FrameWords(frame.Value)[1..]);
        domain.Vcpu.Descriptors.SetGdt([frame], 512);
        return domain;
    }
}
