// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Frames;
using Domovoi.KernelImages;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

public sealed class DomainBuilderTests
{
    [Fact]
    public void Build_FirstVcpu_StartsAsXenStartsIt()
    {
        using BuiltDomain built = Build();

        ref CpuState state = ref built.Domain.Vcpus[0].Cpu.State;
        Assert.Equal((0xFFFF_FFFF_8010_0010, built.Boot.StackPointer, built.Boot.StartInfoAddress), (state.Rip, state.Rsp, state.Rsi));
        Assert.Equal(0x202u, state.Rflags);
        Assert.Equal((X86Selectors.Code64, X86Selectors.Stack, (ushort)0, (ushort)0), (state.Cs, state.Ss, state.Ds, state.Gs));
        Assert.True(state.LongMode);
        Assert.True(built.Domain.Vcpus[0].IsOnline);
        Assert.False(built.Domain.Vcpus[1].IsOnline);
        Assert.True(built.Domain.Vcpus[0].EventsMasked);
    }

    [Fact]
    public void Build_FirstVcpu_SeesItsKernelThroughTheProcessorsOwnPageWalk()
    {
        using BuiltDomain built = Build();

        Assert.True(built.Domain.Vcpus[0].TryRead(built.Boot.Entry, out ulong code));
        Assert.Equal(0x9090_9090_9090_9090, code);
        Assert.True(built.Domain.Vcpus[0].TryRead(built.Boot.StartInfoAddress, out ulong magic));
        Assert.Equal(BitConverter.ToUInt64("xen-3.0-"u8), magic);
    }

    [Fact]
    public void Build_TopLevelTable_IsPinned()
    {
        using BuiltDomain built = Build();

        Assert.True(built.Domain.Frames.Describe(built.Boot.Root).IsPinned);
        Assert.Equal(built.Boot.Root, built.Domain.Vcpus[0].AddressSpace.KernelRoot);
    }

    [Fact]
    public void Build_BackEnds_FindTheirPortsAndGrants()
    {
        using BuiltDomain built = Build();

        Assert.NotNull(built.Domain.EventChannels.BindBackend(built.XenstorePort, static () => { }));
        Assert.NotNull(built.Domain.EventChannels.BindBackend(built.ConsolePort, static () => { }));
        Span<byte> page = stackalloc byte[16];
        Assert.True(built.Domain.Grants.TryCopyFrom(BuiltDomain.ConsoleGrant, 0, page));
        Assert.True(built.Domain.Grants.TryCopyFrom(BuiltDomain.XenstoreGrant, 0, page));
    }

    [Fact]
    public void Build_MoreMaximumMemory_IsNotGivenYet()
    {
        using BuiltDomain built = Build(maxMemoryKiB: 128 << 10);

        Assert.Equal(16384UL, built.Domain.Frames.CurrentPages);
        Assert.Equal(32768UL, built.Domain.Frames.MaximumPages);
    }

    [Fact]
    public void Build_WordsOfAPageInBothTables_AreFarApartInTheTlb()
    {
        const ulong Slots = 1 << 20;
        const ulong P2M = 0xFFFF_C900_0000_0000;            // where Linux has its own: a multiple of 4 GiB
        using BuiltDomain built = Build();

        Assert.Equal(DomainBuilder.FirstRamFrame, built.Domain.Frames.Layout.FirstRamFrame);
        for (ulong pfn = 0; pfn < 16384; pfn += 64)
        {
            ulong mfn = built.Domain.Frames.Layout.RamFrame(pfn);
            Assert.Equal(512UL, (SlotOf(MachineToPhysical.GuestAddress + (mfn * 8)) - SlotOf(P2M + (pfn * 8))) % Slots);
        }

        static ulong SlotOf(ulong address) => (address >> 12) % Slots;
    }

    [Theory]
    [InlineData("memory-out-of-range", 0, 0)]
    [InlineData("memory-out-of-range", 1 << 16, 1UL << 40)]
    [InlineData("maxmem-below-memory", 1 << 16, 1 << 15)]
    [InlineData("memory-too-small", 1 << 10, 0)]
    public void Build_MemoryThatCannotBe_IsRefused(string code, ulong memoryKiB, ulong maxMemoryKiB) =>
        Assert.Equal(code, Assert.Throws<DomainBuildException>(() => Build(memoryKiB, maxMemoryKiB)).Code);

    private static BuiltDomain Build(ulong memoryKiB = 64 << 10, ulong maxMemoryKiB = 0) => DomainBuilder.Build(new DomainBuildRequest
    {
        Settings = new DomainSettings { Id = new DomainId(7), VcpuCount = 2 },
        Kernel = TestKernel.LikeLinux().Parse(),
        MemoryKiB = memoryKiB,
        MaxMemoryKiB = maxMemoryKiB,
    });
}
