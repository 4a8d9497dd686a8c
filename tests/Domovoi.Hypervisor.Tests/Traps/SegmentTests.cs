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
        domain.Write(TestDomain.Pages + 8, Data);
        domain.Vcpu.Descriptors.SetLdt(TestDomain.Pages, 2);
        domain.EnterUser();

        Assert.Equal(0, SegmentLoads.Check(domain.Vcpu, 3, 0x0F, out SegmentDescriptor descriptor));
        Assert.Equal((Data, false), (descriptor.Raw, domain.Vcpu.IsInKernelMode));
        Assert.Equal(13, SegmentLoads.Check(domain.Vcpu, 3, 0x17, out _));
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
