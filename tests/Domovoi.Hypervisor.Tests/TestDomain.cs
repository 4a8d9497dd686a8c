// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Hypercalls;
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;
using Microsoft.Extensions.Time.Testing;

namespace Domovoi.Hypervisor;

/// <summary>A domain whose guest is the test: some mapped pages, a vCPU that never runs code, a clock that stands still.</summary>
internal sealed class TestDomain : IDisposable
{
    /// <summary>Where the guest's pages are mapped, in both of its modes.</summary>
    public const ulong Pages = 0xFFFF_8880_0000_0000;

    /// <summary>A stack pointer with room below it.</summary>
    public const ulong StackTop = Pages + (4 * 4096);

    /// <summary>An address where arguments of hypercalls are put.</summary>
    public const ulong Scratch = Pages + (8 * 4096);

    /// <summary>Ticks of the time-stamp counter per nanosecond of <see cref="Time"/>.</summary>
    public const ulong TicksPerNanosecond = 2;

    private const int PageCount = 16;
    private const ulong TableFlags = 0x67;

    private readonly GuestMemory _memory;

    private TestDomain(GuestMemory memory, FrameTable frames, int vcpus)
    {
        _memory = memory;
        TimeSources time = new(
            Time, () => (ulong)Time.GetTimestamp() * 100 * TicksPerNanosecond, TicksPerNanosecond * 1_000_000_000);
        Domain = new Domain(
            new DomainSettings { Id = new DomainId(1), VcpuCount = vcpus, SharedInfo = frames.AllocateXenFrame(FrameOwner.Shared), Time = time },
            frames);
        Domain.Clock.Calibrate();
        Mfn kernel = MapPages(frames);
        Mfn user = MapPages(frames);
        Assert.Equal(XenError.None, Domain.PageTables.Pin(kernel, 4));
        Assert.Equal(XenError.None, Domain.PageTables.Pin(user, 4));
        Assert.Equal(XenError.None, Domain.PageTables.SetKernelRoot(Vcpu.AddressSpace, kernel));
        Assert.Equal(XenError.None, Domain.PageTables.SetUserRoot(Vcpu.AddressSpace, user));
        ref CpuState state = ref State;
        state.Cs = X86Selectors.Code64;
        state.Ss = X86Selectors.Stack;
        state.LongMode = true;
        state.Rflags = 0x202;
        state.Rsp = StackTop;
        state.Rip = Pages;
    }

    public Domain Domain { get; }

    public Vcpu Vcpu => Domain.Vcpus[0];

    public ref CpuState State => ref Vcpu.Cpu.State;

    public FakeTimeProvider Time { get; } = new() { AutoAdvanceAmount = TimeSpan.Zero };

    /// <summary>Lines of the log, without their times.</summary>
    public IEnumerable<string> Log => Domain.Log.Lines.Select(static line => line[(line.IndexOf(']', StringComparison.Ordinal) + 2)..]);

    public static TestDomain Create(int vcpus = 1)
    {
        FrameLayout layout = new(64, 100, 5);
        GuestMemory memory = new(layout.TotalFrames);
        return new TestDomain(memory, new FrameTable(memory, layout), vcpus);
    }

    /// <summary>Makes a hypercall as SYSCALL from the guest's kernel would.</summary>
    public long Hypercall(HypercallNumber number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong? a3 = null)
    {
        ref CpuState state = ref State;
        (state.Rax, state.Rdi, state.Rsi, state.Rdx) = ((ulong)number, a0, a1, a2);
        state.R10 = a3 ?? state.R10;
        HypercallTable.Call(Vcpu);
        return (long)State.Rax;
    }

    /// <summary>Makes a hypercall whose second argument points to a structure.</summary>
    public long HypercallWith<T>(HypercallNumber number, ulong command, in T argument)
        where T : unmanaged
    {
        Write(Scratch, in argument);
        return Hypercall(number, command, Scratch);
    }

    /// <summary>Makes a <c>__HYPERVISOR_vcpu_op</c> on vCPU 0 whose third argument points to a structure.</summary>
    public long VcpuOp<T>(VcpuCommand command, in T argument)
        where T : unmanaged
    {
        Write(Scratch, in argument);
        return Hypercall(HypercallNumber.VcpuOp, (ulong)command, 0, Scratch);
    }

    /// <summary>Enters user mode at an address with a stack.</summary>
    public void EnterUser(ulong rip = Pages, ulong rsp = StackTop)
    {
        Vcpu.EnterUserMode();
        State.Rip = rip;
        State.Rsp = rsp;
    }

    /// <summary>Registers a handler in the trap table.</summary>
    public void SetTrap(byte vector, ulong address, byte flags = 0) =>
        Vcpu.EntryPoints.SetTrap(new TrapInfo { Vector = vector, Flags = flags, CodeSelector = X86Selectors.Code64, Address = address });

    public void Write<T>(ulong address, in T value)
        where T : unmanaged => Assert.True(Vcpu.TryWrite(address, in value));

    public T Read<T>(ulong address)
        where T : unmanaged
    {
        Assert.True(Vcpu.TryRead(address, out T value));
        return value;
    }

    /// <summary>The words on the stack, from RSP up.</summary>
    public ulong[] Stack(int count) => [.. Enumerable.Range(0, count).Select(index => Read<ulong>(State.Rsp + ((ulong)index * 8)))];

    public void Dispose()
    {
        Domain.Dispose();
        _memory.Dispose();
    }

    private Mfn MapPages(FrameTable frames)
    {
        Mfn[] tables = [.. Enumerable.Range(0, 4).Select(index => frames.AllocateRam(new Pfn((ulong)index)))];
        int[] slots = [.. new[] { 39, 30, 21 }.Select(static shift => (int)((Pages >> shift) & 511))];
        for (int level = 0; level < slots.Length; level++)
        {
            _memory.FrameWords(tables[level].Value)[slots[level]] = (tables[level + 1].Value << 12) | TableFlags;
        }

        for (int page = 0; page < PageCount; page++)
        {
            Mfn frame = _mapped.Count > page ? _mapped[page] : frames.AllocateRam(new Pfn((ulong)(page + 32)));
            if (_mapped.Count == page)
            {
                _mapped.Add(frame);
            }

            _memory.FrameWords(tables[3].Value)[page] = (frame.Value << 12) | TableFlags;
        }

        return tables[0];
    }

    private readonly List<Mfn> _mapped = [];
}
