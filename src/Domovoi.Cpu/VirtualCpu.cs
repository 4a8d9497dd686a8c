// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Linux;
using Domovoi.Memory;

namespace Domovoi.Cpu;

/// <summary>One x86-64 processor. All members but <see cref="Kick"/> belong to the one thread that calls <see cref="Run"/>.</summary>
/// <remarks>
/// Its state is one block of memory that translated code reaches through RSP. <see cref="Run"/> looks the block at RIP up,
/// enters it, and handles what is the processor's own business (TLB misses, unlinked branches, instructions carried out in
/// C#) until something is not.
/// </remarks>
public sealed unsafe class VirtualCpu : IDisposable
{
    private readonly nint _stack;
    private readonly byte* _block;
    private readonly CpuState* _state;
    private readonly TranslationCache _cache;
    private readonly RunLoop _loop;
    private CpuMode _mode;
    private int _threadId;

    public VirtualCpu(TranslationCache cache, PagingPolicy policy)
    {
        _cache = cache;
        _stack = MemoryMapping.MapAnonymous(StateLayout.StackSize + StateLayout.Size, PageProtection.Read | PageProtection.Write);
        _block = (byte*)_stack + StateLayout.StackSize;
        _state = (CpuState*)_block;
        _state->Self = (nint)_block;
        _state->PausesLeft = CpuState.PausesBetweenYields;
        _state->PageMask = ~0xFFFUL;
        _state->JumpMask = (StateLayout.JumpEntries - 1) << 1;
        _state->PushedArithmetic = CpuState.ArithmeticMask;
        _state->PushedSystem = CpuState.SystemImageMask;
        _state->Go = 1;
        _state->UserBits = policy.IgnoreUserBit ? PageWalker.ReadBits : PageWalker.ReadBits | PageWalker.UserAccess;
        _state->FrameMask = PageWalker.FrameMask;
        _state->MemoryLength = cache.Memory.Length;
        _state->MemoryBase = cache.Memory.HostBase;
        _state->CodeMarks = cache.Memory.CodeMarks;
        _state->ReservedFirst = policy.ReservedFirstSlot;
        _state->ReservedCount = policy.ReservedLastSlot - policy.ReservedFirstSlot + 1;
        _state->ReservedRoot = HostOf(PhysicalAddress.OfFrame(policy.ReservedRoot));
        _state->Mxcsr = 0x1F80;
        _state->HostMxcsr = 0x1F80;
        _state->Xcr0 = HostFeatures.XcrMask;
        _state->LongMode = true;
        _state->Rflags = 2;
        Tlb = new SoftTlb(_block, cache.Memory);
        Requests = new RemoteRequests(this, cache.Processors);
        Linear = new LinearMemory(cache.Memory, new PageWalker(cache.Memory, policy), Tlb, Breakpoints, Requests);
        _loop = new RunLoop(this, cache);
        cache.Processor = this;
        cache.Processors.Add(this);
    }

    /// <summary>The registers. Valid while the processor is outside <see cref="Run"/>.</summary>
    public ref CpuState State => ref *_state;

    /// <summary>Why the last <see cref="Run"/> ended, with its operands.</summary>
    public ExitDetails Exit => _loop.Exit;

    /// <summary>Selects the address space. Switching flushes nothing.</summary>
    public CpuMode Mode
    {
        get => _mode;
        set
        {
            _mode = value;
            Linear.Mode = value;
        }
    }

    /// <summary>CR4.TSD: RDTSC leaves in user mode.</summary>
    public bool TimeStampDisabled { get; set; }

    /// <summary>CR0.TS: x87, MMX, SSE and AVX instructions raise #NM.</summary>
    public bool TaskSwitched { get; set; }

    /// <summary>CR4.FSGSBASE is clear: RDFSBASE and its kin raise #UD.</summary>
    public bool FsGsBaseDisabled { get; set; }

    /// <summary>
    /// Asked at each SYSCALL before <see cref="Run"/> returns, with the registers as after it: a short one need not cost an exit. It must not
    /// wait for another processor, because others wait for this one as for one that runs guest code.
    /// </summary>
    public Func<SyscallAnswer> OnSyscall { get; set; } = static () => SyscallAnswer.Leave;

    /// <summary>What happened how often inside this processor.</summary>
    public CpuCounters Counters { get; } = new();

    internal SoftTlb Tlb { get; }

    /// <summary>What other threads want of this processor.</summary>
    internal RemoteRequests Requests { get; }

    internal Breakpoints Breakpoints { get; } = new();

    /// <summary>For tests.</summary>
    internal RarePaths RarePaths { get; } = new();

    /// <summary>How many translations the TLB keeps: all it has room for, or, for tests, one or none, which also keeps translated code from walking page tables.</summary>
    internal TlbReach TlbReach
    {
        get => Tlb.Reach;
        set
        {
            Tlb.Reach = value;
            SetWalkRoots();
            FlushTlb();
        }
    }

    internal LinearMemory Linear { get; }

    internal byte* Block => _block;

    /// <summary>What translations depend on, as it is now.</summary>
    internal ModeKey Key
    {
        get
        {
            ModeKey key = _mode == CpuMode.User ? ModeKey.User : ModeKey.None;
            ulong flags = _state->SystemFlags;
            if ((flags & 0x500) != 0)
            {
                key |= (flags & 0x400) != 0 ? ModeKey.Backwards : 0;
                key |= (flags & 0x100) != 0 ? ModeKey.SingleStep : 0;
            }

            if (!_state->LongMode)
            {
                key |= ModeKey.Compatibility;
                key |= (_state->EsBase | _state->CsBase | _state->SsBase | _state->DsBase) != 0 ? ModeKey.SegmentBases : 0;
            }

            key |= Breakpoints.IsActive ? ModeKey.SingleStep : 0;
            key |= TaskSwitched ? ModeKey.TaskSwitched : 0;
            key |= TimeStampDisabled && _mode == CpuMode.User ? ModeKey.TimeStampDisabled : 0;
            return key;
        }
    }

    /// <summary>Runs guest code until something is not the processor's business.</summary>
    public ExitReason Run()
    {
        if (_threadId != Environment.CurrentManagedThreadId)
        {
            BindThread();
        }

        return _loop.Run();
    }

    /// <summary>From now on the processor belongs to the calling thread; <see cref="Run"/> does this if it was not done.</summary>
    public void BindThread()
    {
        ThreadSegment.SetGsBase((nint)_block);
        Volatile.Write(ref _threadId, Environment.CurrentManagedThreadId);
    }

    /// <summary>Sets DR0 to DR3 and DR7. While a breakpoint on memory is enabled, guest code runs slowly.</summary>
    public void SetBreakpoints(ReadOnlySpan<ulong> addresses, ulong control)
    {
        if (Breakpoints.Set(addresses, control))
        {
            SetWalkRoots();
            FlushTlb();
        }
    }

    /// <summary>Makes <see cref="Run"/> return <see cref="ExitReason.Interrupted"/> soon, or at once when next called. Any thread.</summary>
    public void Kick()
    {
        _loop.NoteKick();
        RequestAttention();
    }

    /// <summary>Finishes a privileged instruction: writes its destination operand and moves RIP behind it.</summary>
    public void Complete(ulong result) => _loop.Complete(result);

    /// <summary>Finishes a privileged instruction without a result.</summary>
    /// <remarks>POP of a segment register also moves the stack pointer.</remarks>
    public void Skip()
    {
        if (Exit is { Operation: PrivilegedOperation.LoadSegment, Reason: ExitReason.Privileged, IsString: true })
        {
            _state->Rsp += Exit.Size;
        }

        _state->Rip = Exit.NextRip;
        _loop.NoteFinished();
    }

    /// <summary>Finishes LAR, LSL, VERR or VERW: sets or clears ZF and leaves the destination alone.</summary>
    public void SkipWithZeroFlag(bool zero)
    {
        _state->Rflags = zero ? _state->Rflags | 0x40 : _state->Rflags & ~0x40UL;
        Skip();
    }

    /// <summary>Decodes the store at RIP, which just raised #PF, so that its owner may do it on the guest's behalf.</summary>
    /// <returns>false when the instruction is not a plain store or read-modify-write of at most eight bytes.</returns>
    public bool TryDecodeStore(out StoreOperation operation) => _loop.Stores.TryDecode(out operation);

    /// <summary>Finishes a decoded store that its owner has done: sets registers and flags from the operand's old contents and moves RIP.</summary>
    public void CompleteStore(in StoreOperation operation, ulong oldValue) => _loop.Stores.Complete(operation, oldValue);

    /// <summary>The top-level page table of a mode. Does not flush.</summary>
    public PhysicalAddress GetRoot(CpuMode mode) => Linear.GetRoot(mode);

    /// <summary>Sets the top-level page table of a mode. Does not flush.</summary>
    public void SetRoot(CpuMode mode, PhysicalAddress root)
    {
        Linear.SetRoot(mode, root);
        SetWalkRoots();
    }

    /// <summary>Forgets every translation of both modes. Any thread.</summary>
    /// <returns>What to wait for before it holds, when another thread runs the processor.</returns>
    public RemoteTicket FlushTlb() => DoOrPost(new RemoteRequest(RemoteRequestKind.Flush, 0));

    /// <summary>
    /// Forgets every translation of user mode, and of the lower half of the address space in kernel mode: enough when the
    /// upper half of the kernel's page tables has not changed since the last <see cref="FlushTlb"/>. Any thread.
    /// </summary>
    public RemoteTicket FlushLowerHalf() => DoOrPost(new RemoteRequest(RemoteRequestKind.FlushLowerHalf, 0));

    /// <summary>Forgets the translations of one page in both modes. Any thread.</summary>
    public RemoteTicket InvalidatePage(ulong linear) => DoOrPost(new RemoteRequest(RemoteRequestKind.Invalidate, linear));

    private RemoteTicket DoOrPost(in RemoteRequest request)
    {
        int owner = Volatile.Read(ref _threadId);
        if (owner != 0 && owner != Environment.CurrentManagedThreadId)
        {
            return Requests.Post(in request);
        }

        Do(in request);
        return default;
    }

    /// <summary>Does what this or another thread asked for. The processor's thread, between blocks.</summary>
    internal void Do(in RemoteRequest request)
    {
        switch (request.Kind)
        {
            case RemoteRequestKind.RetireCode:
                _cache.Retire(request.Operand);
                break;
            case RemoteRequestKind.RevokeWrites:
                RevokeWrites(request.Operand);
                break;
            case RemoteRequestKind.Invalidate:
                Tlb.Invalidate(request.Operand);
                break;
            case RemoteRequestKind.Flush:
                Counters.Flushes++;
                Tlb.Flush();
                break;
            case RemoteRequestKind.FlushLowerHalf:
                Counters.Flushes++;
                Tlb.FlushLowerHalf();
                break;
        }
    }

    /// <summary>Translates as the processor would in the current mode, setting accessed and dirty bits.</summary>
    /// <returns>false with the #PF error code when the access faults; a non-canonical address faults with code 0.</returns>
    public bool TryTranslate(ulong linear, Access access, out PhysicalAddress address, out PageFaultErrorCode fault) =>
        Linear.TryTranslate(linear, access, out address, out fault);

    /// <summary>Reads guest linear memory in the current mode; false when any byte faults.</summary>
    public bool TryRead(ulong linear, Span<byte> destination) => Linear.TryRead(linear, destination);

    /// <summary>Writes guest linear memory in the current mode; false, with nothing written, when any byte faults.</summary>
    public bool TryWrite(ulong linear, ReadOnlySpan<byte> source) => Linear.TryWrite(linear, source);

    /// <summary>Reads a value from guest linear memory in the current mode.</summary>
    public bool TryRead<T>(ulong linear, out T value)
        where T : unmanaged
    {
        Unsafe.SkipInit(out value);
        return Linear.TryRead(linear, MemoryMarshal.AsBytes(new Span<T>(ref value)));
    }

    /// <summary>Writes a value to guest linear memory in the current mode.</summary>
    public bool TryWrite<T>(ulong linear, in T value)
        where T : unmanaged =>
        Linear.TryWrite(linear, MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in value)));

    /// <summary>Copies x87, SSE and AVX state out, in the standard XSAVE layout (832 bytes).</summary>
    public void GetVectorState(Span<byte> xsave) => VectorState.Get(_block, xsave);

    /// <summary>Sets x87, SSE and AVX state from the standard XSAVE layout.</summary>
    public void SetVectorState(ReadOnlySpan<byte> xsave) => VectorState.Set(_block, xsave);

    /// <summary>Lets translated code walk page tables itself, unless each access must be seen here.</summary>
    private void SetWalkRoots()
    {
        bool mustSeeAll = Breakpoints.IsActive || Tlb.Reach != TlbReach.All;
        _state->KernelWalkRoot = mustSeeAll ? 0 : HostOf(Linear.GetRoot(CpuMode.Kernel));
        _state->UserWalkRoot = mustSeeAll ? 0 : HostOf(Linear.GetRoot(CpuMode.User));
    }

    private nint HostOf(PhysicalAddress table) =>
        _cache.Memory.Contains(table.Frame) ? _cache.Memory.HostBase + (nint)table.Value : 0;

    /// <summary>Makes translated code come back to the run loop soon. Any thread.</summary>
    internal void RequestAttention() => Volatile.Write(ref _state->Go, 0);

    /// <summary>A frame holds translated code from now on: stores to it must be seen.</summary>
    internal void RevokeWrites(ulong frame) => Tlb.RevokeWrites(frame);

    /// <summary>A code page is retired: nothing may enter it.</summary>
    internal void ForgetPage(CodePage page)
    {
        if (Tlb.CodeOf(page.Mode.Space(), page.VirtualPage) == page.Id)
        {
            Tlb.RememberCode(page.Mode.Space(), page.VirtualPage, 0);
        }
    }

    /// <summary>All code is gone; <paramref name="current"/> is about to be translated anew.</summary>
    internal void CodeDropped(CodePage current)
    {
        Tlb.Flush();
        Tlb.ForgetJumps();
        Tlb.RememberCode(current.Mode.Space(), current.VirtualPage, current.Id);
    }

    public void Dispose()
    {
        Tlb.Dispose();
        MemoryMapping.Unmap(_stack, StateLayout.StackSize + StateLayout.Size);
    }
}
