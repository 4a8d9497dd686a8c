// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.PvMmu;

/// <summary>Two vCPUs on one kernel root, each on its thread, that access memory by translated code: through what they remember.</summary>
/// <remarks>
/// The kernel's pages <see cref="High"/> are under a level 1 table with one parent; <see cref="Low"/> is a page of the lower half under its
/// own tables; <see cref="Alias"/> is where the kernel's level 1 table appears when it is linked there too.
/// </remarks>
internal sealed class ShootdownGuest : IDisposable
{
    /// <summary>Pages of each kind that tests may map as they like.</summary>
    public const int PageCount = 6;

    private const int FirstPage = 10;
    private const ulong TableFlags = 0x67;
    private const ulong Code = TestDomain.Pages;

    private readonly TestDomain _test = TestDomain.Create(vcpus: 2);
    private readonly BlockingCollection<Task>[] _orders = [[], []];
    private readonly Mfn _lowLevel2;

    public ShootdownGuest()
    {
        foreach (BlockingCollection<Task> orders in _orders)
        {
            new Thread(() => Obey(orders)) { IsBackground = true }.Start();
        }

        Mfn root = _test.Vcpu.AddressSpace.KernelRoot;
        Assert.Equal(XenError.None, Tables.SetKernelRoot(_test.Domain.Vcpus[1].AddressSpace, root));
        Mfn level3 = NewFrame(), level1 = NewFrame();
        _lowLevel2 = NewFrame();
        Frames.Memory.FrameWords(level3.Value)[0] = (_lowLevel2.Value << 12) | TableFlags;
        Frames.Memory.FrameWords(_lowLevel2.Value)[0] = (level1.Value << 12) | TableFlags;
        Assert.Equal(XenError.None, Write(root, 0, (level3.Value << 12) | TableFlags));
        Assert.True(_test.Vcpu.TryWrite(Code, [0x48, 0x89, 0x18, 0x0F, 0x05]));             // mov [rax], rbx; syscall
        Assert.True(_test.Vcpu.TryWrite(Code + 64, [0x48, 0x8B, 0x18, 0x0F, 0x05]));        // mov rbx, [rax]; syscall
    }

    public FrameTable Frames => _test.Domain.Frames;

    public PageTables Tables => _test.Domain.PageTables;

    public StaleTranslations Stale => Frames.References.Stale;

    public static ulong High(int page) => TestDomain.Pages + ((ulong)(FirstPage + page) << 12);

    public static ulong Low(int page) => (ulong)page << 12;

    public static ulong Alias(int page) => (1UL << 21) + ((ulong)(FirstPage + page) << 12);

    public Mfn NewFrame() => Frames.AllocateRam(new Pfn(50));

    public AddressSpace Space(int vcpu) => _test.Domain.Vcpus[vcpu].AddressSpace;

    /// <summary>Links the kernel's level 1 table into the lower half, or takes it out.</summary>
    public XenError LinkAlias(bool isLinked)
    {
        Assert.True(Tables.Updates.TryFindLeaf(Space(0).KernelRoot, High(0), out ulong table, out _));
        return Write(_lowLevel2, 1, isLinked ? (table << 12) | TableFlags : 0);
    }

    /// <summary><c>__HYPERVISOR_update_va_mapping</c> without a flush.</summary>
    public XenError UpdateVa(int vcpu, ulong linear, Mfn frame, ulong flags) =>
        Tables.UpdateVaMapping(Space(vcpu), linear, flags == 0 ? 0 : PageTableEntry.Of(frame.Value, flags).Value);

    /// <summary>The same change by <c>__HYPERVISOR_mmu_update</c>, which names no linear address.</summary>
    public XenError Update(ulong linear, Mfn frame, ulong flags)
    {
        Assert.True(Tables.Updates.TryFindLeaf(Space(0).KernelRoot, linear, out ulong table, out int slot));
        return Write(new Mfn(table), slot, flags == 0 ? 0 : PageTableEntry.Of(frame.Value, flags).Value);
    }

    /// <summary>Changes a table behind everybody's back: what is remembered shows against it.</summary>
    public void Poke(ulong linear, Mfn frame)
    {
        Assert.True(Tables.Updates.TryFindLeaf(Space(0).KernelRoot, linear, out ulong table, out int slot));
        Frames.Memory.FrameWords(table)[slot] = PageTableEntry.Of(frame.Value, TableGuest.Writable).Value;
    }

    /// <summary>Stores by translated code.</summary>
    /// <returns>false when that faults.</returns>
    public bool TryStore(int vcpu, ulong linear, ulong value) => TryRun(vcpu, Code, linear, ref value);

    /// <summary>Loads by translated code.</summary>
    /// <returns>null when that faults.</returns>
    public ulong? Load(int vcpu, ulong linear)
    {
        ulong value = 0;
        return TryRun(vcpu, Code + 64, linear, ref value) ? value : null;
    }

    /// <summary>Loads as the tables say now.</summary>
    public ulong? Walk(ulong linear) => _test.Vcpu.TryRead(linear, out ulong value) ? value : null;

    public void Dispose()
    {
        foreach (BlockingCollection<Task> orders in _orders)
        {
            orders.CompleteAdding();
        }

        _test.Dispose();
    }

    private static void Obey(BlockingCollection<Task> orders)
    {
        foreach (Task order in orders.GetConsumingEnumerable())
        {
            order.RunSynchronously();
        }
    }

    private bool TryRun(int vcpu, ulong code, ulong linear, ref ulong value)
    {
        ulong register = value;
        Task<bool> order = new(() => RunHere(_test.Domain.Vcpus[vcpu], code, linear, ref register));
        _orders[vcpu].Add(order);
        bool succeeded = order.Result;
        value = register;
        return succeeded;
    }

    private static bool RunHere(Vcpu runner, ulong code, ulong linear, ref ulong value)
    {
        ref CpuState state = ref runner.Cpu.State;
        (state.Cs, state.Ss, state.LongMode, state.Rflags) = (X86Selectors.Code64, X86Selectors.Stack, true, 0x202);
        (state.Rip, state.Rax, state.Rbx) = (code, linear, value);
        ExitReason reason = runner.Cpu.Run();
        value = state.Rbx;
        Assert.True(reason is ExitReason.Syscall or ExitReason.Exception, reason.ToString());
        return reason == ExitReason.Syscall;
    }

    private XenError Write(Mfn table, int slot, ulong value) =>
        Tables.Update([new MmuUpdateRequest { Pointer = (table.Value << 12) + ((ulong)slot * 8), Value = value }], out _);
}
