// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Cpu;
using Domovoi.Cpu.State;
using Domovoi.Hypervisor.Domains;
using Domovoi.Hypervisor.Events;
using Domovoi.Hypervisor.Hypercalls;
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Timers;
using Domovoi.Hypervisor.Traps;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Vcpus;

/// <summary>One virtual processor: what Xen keeps in <c>struct vcpu</c> for a PV guest, around the engine's registers.</summary>
/// <remarks>
/// Members belong to the vCPU's own thread, except those that say "any thread". Before <see cref="Domain.Start"/>
/// they belong to whoever builds the domain.
/// </remarks>
public sealed class Vcpu : IEventTarget, IDisposable
{
    private readonly VcpuLoop _loop;
    private readonly IWakeGate _gate;
    private SharedWord<byte> _upcallPending;
    private SharedWord<byte> _upcallMask;
    private int _requests;                                  // VcpuRequests; any thread sets, the own thread takes
    private volatile bool _isWaiting;                       // own thread writes; Kick reads
    private volatile bool _isPolling;
    private TaskCompletionSource<string>? _codeMap;         // any thread puts one, the own thread takes it
    private volatile int _thread;                           // managed id of the own thread, 0 before it runs

    internal Vcpu(Domain domain, int id, VirtualCpu cpu)
    {
        Domain = domain;
        Id = id;
        Cpu = cpu;
        Cpu.FsGsBaseDisabled = true;                        // as CR4 says at the start
        AddressSpace = domain.PageTables.Attach(cpu);
        Descriptors = new DescriptorTables(domain.Frames);
        InfoAddress = domain.SharedInfo + (ulong)(SharedInfo.VcpuInfo + (Math.Min(id, SharedInfo.LegacyVcpus - 1) * VcpuInfo.Size));
        Runstate = new Runstate(this);
        Timers = new VcpuTimers(this);
        Time = new VcpuTime(this);
        _gate = domain.Settings.NewWakeGate();
        _loop = new VcpuLoop(this);
    }

    public Domain Domain { get; }

    public int Id { get; }

    public VirtualCpu Cpu { get; }

    /// <summary>Whether the guest's kernel runs. Both of its modes are ring 3 to it; Xen keeps them apart by this.</summary>
    public bool IsInKernelMode => Cpu.Mode == CpuMode.Kernel;

    /// <summary>Where <c>struct vcpu_info</c> lies: in shared_info, or where <c>VCPUOP_register_vcpu_info</c> put it.</summary>
    public PhysicalAddress InfoAddress
    {
        get;
        internal set
        {
            field = value;
            _upcallPending = Domain.Memory.SharedWord<byte>(value + VcpuInfo.UpcallPending);
            _upcallMask = Domain.Memory.SharedWord<byte>(value + VcpuInfo.UpcallMask);
        }
    }

    /// <summary>Whether <see cref="InfoAddress"/> was registered.</summary>
    public bool HasOwnInfo { get; internal set; }

    /// <summary>Its top-level page tables.</summary>
    public AddressSpace AddressSpace { get; }

    /// <summary>GDT and LDT.</summary>
    public DescriptorTables Descriptors { get; }

    /// <summary>Handlers the guest registered for traps and callbacks.</summary>
    public GuestEntryPoints EntryPoints { get; } = new();

    /// <summary>CR0.TS, CR2, CR4, debug registers, MSRs: the state that only privileged instructions reach.</summary>
    public PrivilegedState Privileged { get; } = new();

    /// <summary>Exits and hypercalls. Any thread reads.</summary>
    public VcpuCounters Counters { get; } = new();

    public Runstate Runstate { get; }

    public VcpuTimers Timers { get; }

    public VcpuTime Time { get; }

    /// <summary>What it sees to while it is idle; null when the gate it sleeps on cannot. Any thread.</summary>
    public IArrivalWatch? Arrivals => _gate as IArrivalWatch;

    /// <summary><c>__HYPERVISOR_stack_switch</c>: where the frames of traps from user mode go.</summary>
    public ulong KernelStackPointer { get; set; }

    /// <summary>The GS base of the mode that does not run: user's while the kernel runs, and the other way round.</summary>
    public ulong InactiveGsBase { get; set; }

    /// <summary>RFLAGS.IOPL that the guest's kernel thinks it set, in place (bits 12 and 13).</summary>
    public ulong IoPrivilegeLevel { get; set; }

    /// <summary>Between an NMI's delivery and the next <c>iret</c> hypercall no other is delivered (<c>async_exception_mask</c> of Xen).</summary>
    internal bool IsInNmi { get; set; }

    /// <summary>The hypercall being made has done only part of its work: <see cref="Continuation"/>.</summary>
    internal bool CallIsContinued { get; set; }

    /// <summary>What that hypercall is to be made again with.</summary>
    internal HypercallArguments ContinuedArguments { get; set; }

    /// <summary>An NMI waits for that <c>iret</c>.</summary>
    internal bool NmiIsPending { get; set; }

    /// <summary>Brought up (<c>VCPUOP_up</c>, or the first vCPU by the domain builder). Any thread.</summary>
    public bool IsOnline { get; internal set; }

    /// <summary>Has a context (<c>VCPUOP_initialise</c>). Any thread.</summary>
    public bool IsInitialised { get; internal set; }

    /// <summary><c>evtchn_upcall_mask</c> as the guest left it.</summary>
    internal ref byte UpcallMask => ref _upcallMask.Value;

    /// <summary><c>evtchn_upcall_mask</c></summary>
    public bool EventsMasked
    {
        get => _upcallMask.Value != 0;
        set => _upcallMask.Value = value ? (byte)1 : (byte)0;
    }

    /// <summary><c>evtchn_upcall_pending</c> is set and the mask is not.</summary>
    /// <remarks>Two loads: one of both bytes would wait for the guest's last store of a byte to reach the cache.</remarks>
    public bool HasDeliverableEvent =>
        Volatile.Read(ref _upcallPending.Value) != 0 && !EventsMasked;

    /// <summary>Marks this vCPU as initialised and online before the domain starts: for the domain builder and vCPU 0.</summary>
    public void BringUp()
    {
        IsInitialised = true;
        IsOnline = true;
    }

    /// <summary>Reads guest linear memory in the current mode; false when any byte faults.</summary>
    public bool TryRead<T>(ulong pointer, out T value)
        where T : unmanaged => Cpu.TryRead(pointer, out value);

    public bool TryRead(ulong pointer, Span<byte> destination) => Cpu.TryRead(pointer, destination);

    /// <summary>Writes guest linear memory in the current mode; false when any byte faults.</summary>
    public bool TryWrite<T>(ulong pointer, in T value)
        where T : unmanaged => Cpu.TryWrite(pointer, in value);

    public bool TryWrite(ulong pointer, ReadOnlySpan<byte> source) => Cpu.TryWrite(pointer, source);

    /// <summary>Makes the thread look at its requests and events soon. Any thread.</summary>
    public void Kick()
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return;                                         // it looks before it runs guest code again
        }

        Interlocked.MemoryBarrier();                        // the event bits before the look at _isWaiting, see Wait
        if (_isWaiting)
        {
            _gate.Open();
        }
        else
        {
            Cpu.Kick();
        }
    }

    /// <summary>Marks an event for this vCPU: sets <c>evtchn_upcall_pending</c> and wakes it if that was clear. Any thread.</summary>
    public void NotifyEvent()
    {
        if (Interlocked.Exchange(ref _upcallPending.Value, 1) == 0)
        {
            Kick();
        }
    }

    /// <summary><c>SCHEDOP_poll</c> runs: each event of the domain kicks the vCPU, masked or not. Any thread reads.</summary>
    public bool IsPolling { get => _isPolling; internal set => _isPolling = value; }

    /// <summary>Moves <c>struct vcpu_info</c> to a place of the guest's choice.</summary>
    internal void MoveInfo(PhysicalAddress place)
    {
        GuestMemory memory = Domain.Memory;
        Span<byte> record = stackalloc byte[VcpuInfo.Size];
        memory.TryRead(InfoAddress, record);
        memory.TryWrite(place, record);
        InfoAddress = place;
        HasOwnInfo = true;
        Volatile.Write(ref memory.Shared<ulong>(place + VcpuInfo.PendingSelector), ulong.MaxValue);
        NotifyEvent();
    }

    /// <summary>perf's map of this vCPU's translated code, written by its own thread between two blocks. Any thread asks.</summary>
    /// <returns>Ends when the thread gets to it: not before the domain has been started, and not after its end.</returns>
    public Task<string> DescribeCode()
    {
        TaskCompletionSource<string> fresh = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource<string> asked = Interlocked.CompareExchange(ref _codeMap, fresh, null) ?? fresh;
        Request(VcpuRequests.DescribeCode);
        return asked.Task;
    }

    internal void TellCode()
    {
        if (Interlocked.Exchange(ref _codeMap, null) is { } asked)
        {
            asked.SetResult(Domain.DescribeCode(Id));
        }
    }

    public void Dispose()
    {
        JoinThread();
        _gate.Dispose();
        Cpu.Dispose();
    }

    internal void StartThread() => _loop.Start();

    /// <summary>Waits until the thread has left. The domain has ended.</summary>
    internal void JoinThread() => _loop.Join();

    internal void BindThread()
    {
        Cpu.BindThread();
        _thread = Environment.CurrentManagedThreadId;
    }

    /// <summary>Asks the thread for something. Any thread.</summary>
    internal void Request(VcpuRequests requests)
    {
        Interlocked.Or(ref _requests, (int)requests);
        Kick();
    }

    internal bool HasRequests => Volatile.Read(ref _requests) != 0;

    internal VcpuRequests TakeRequests() => (VcpuRequests)Interlocked.Exchange(ref _requests, 0);

    /// <summary>Sleeps until kicked or the time is up, unless there is already something to do.</summary>
    internal void Wait(long nanoseconds, bool wakeOnEvent)
    {
        _isWaiting = true;
        Interlocked.MemoryBarrier();                        // _isWaiting before the look at the event bits, see Kick
        if (!HasRequests && !(wakeOnEvent && HasDeliverableEvent))
        {
            _gate.Wait(nanoseconds);
        }

        _isWaiting = false;
    }

    /// <summary>From user mode to the kernel's: its address space, its GS base.</summary>
    internal void EnterKernelMode()
    {
        Cpu.Mode = CpuMode.Kernel;
        SwapGsBase();
    }

    /// <summary>From the kernel's mode to user mode.</summary>
    internal void EnterUserMode()
    {
        Cpu.Mode = CpuMode.User;
        SwapGsBase();
    }

    private void SwapGsBase() => (Cpu.State.GsBase, InactiveGsBase) = (InactiveGsBase, Cpu.State.GsBase);

    /// <summary>Does something with linear addresses in the kernel's address space, whichever mode runs.</summary>
    internal void WithKernelAddressSpace<T>(T state, Action<Vcpu, T> action)
    {
        CpuMode mode = Cpu.Mode;
        Cpu.Mode = CpuMode.Kernel;
        action(this, state);
        Cpu.Mode = mode;
    }

    /// <summary>Copies bytes between structures of the hypervisor and their guest form.</summary>
    internal static ReadOnlySpan<byte> BytesOf<T>(in T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value));
}
