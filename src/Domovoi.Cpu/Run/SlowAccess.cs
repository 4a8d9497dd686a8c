// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run.Slow;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Translate;
using Domovoi.Memory;
using Iced.Intel;

namespace Domovoi.Cpu.Run;

/// <summary>What became of an access that the inline check could not settle.</summary>
internal enum AccessOutcome
{
    /// <summary>R15 leads to it.</summary>
    Resolved,

    /// <summary>The instruction must be begun again after the processor has looked at its requests.</summary>
    Again,

    /// <summary>The instruction must be begun again in a block of its own.</summary>
    Alone,

    Faulted,
}

/// <summary>Accesses that the inline check could not settle: TLB misses, page crossings, stores to code pages.</summary>
/// <remarks>
/// A crossing access is made in a bounce buffer at the same offset within 64 bytes, so that alignment faults stay. A store
/// there is carried to its two pages by <see cref="Commit"/>, which the code calls behind the store. A store to a frame that
/// holds code is made in place, and the frame's code retires behind it: at once, or, where the instruction has more to do
/// (a push yet has to move the stack pointer), when it is over. Such an instruction is begun again in a block of its own, so
/// that nothing translated from the old bytes stands behind it.
/// </remarks>
internal sealed unsafe class SlowAccess(VirtualCpu cpu, TranslationCache cache, InstructionFetcher fetcher)
{
    private const int PendingCode = 1;
    private const int PendingBounce = 2;

    private readonly CpuState* _state = (CpuState*)cpu.Block;
    private byte* _bounce;
    private nint _firstHost;
    private nint _secondHost;
    private int _firstLength;
    private int _length;
    private ulong _nextRip;
    private bool _leavesBehindStore;
    private bool _isAlone;

    /// <summary>What the last failed access became.</summary>
    internal ExitDetails FaultExit { get; private set; }

    /// <summary>Settles the access that R14 and R15 describe.</summary>
    /// <param name="returnAddress">Where the code called from, which identifies the instruction.</param>
    /// <remarks>Unless it is resolved, RIP is that of its instruction, of which nothing has been done; a fault is in <see cref="FaultExit"/>.</remarks>
    internal AccessOutcome Resolve(nint returnAddress)
    {
        cpu.Counters.SlowAccesses++;
        _state->PendingStore = 0;
        ulong linear = _state->ScratchR14;
        AccessSite site = new((uint)_state->ScratchR15);
        int size = site.Size;
        int inFirst = 4096 - (int)(linear & 0xFFF);
        if (size > inFirst)
        {
            return Bounce(linear, site, inFirst, returnAddress);
        }

        nint host = cpu.Linear.HostAddressOf(linear, size, site.IsWrite);
        if (host == 0)
        {
            return Fail(site, returnAddress);
        }

        if (site.IsWrite && HoldsCode(host))
        {
            if (MustStandAlone(site, returnAddress))
            {
                return BeginAgainAlone(site, returnAddress);
            }

            cpu.Counters.CodeStores++;
            Prepare(PendingCode, site, returnAddress);
            _firstHost = host;
            _length = size;
        }

        _state->ScratchR15 = (ulong)host - linear;
        return AccessOutcome.Resolved;
    }

    /// <summary>The host refused the instruction whose store was prepared.</summary>
    internal void Abandon()
    {
        _state->PendingStore = 0;
        EndAlone();
    }

    /// <summary>Finishes a store that was prepared here.</summary>
    /// <returns>Whether the instruction is over and RIP says where to go on; otherwise the code goes on at <paramref name="entry"/>.</returns>
    internal bool Commit(ref nint entry)
    {
        int pending = _state->PendingStore;
        _state->PendingStore = 0;
        bool code = pending == PendingCode;
        if (pending == PendingBounce)
        {
            CopyBack();
            EndAlone();
            code = HoldsCode(_firstHost) || HoldsCode(_secondHost);
        }

        if (!code)
        {
            return false;
        }

        if (!_leavesBehindStore)
        {
            // The instruction has more to do; it is the last of its block, and the frames retire behind it.
            Enqueue();
            return false;
        }

        cache.RetireWritten(cpu.Linear.FrameOf(_firstHost));
        if (pending == PendingBounce)
        {
            cache.RetireWritten(cpu.Linear.FrameOf(_secondHost));
        }

        _state->Rip = _nextRip;
        entry = 0;
        return true;
    }

    /// <summary>The exit for the last fault of <see cref="LinearMemory"/>, at the current RIP.</summary>
    internal ExitDetails FaultAt(bool stackAccess)
    {
        LinearMemory memory = cpu.Linear;
        if (!PageWalker.IsCanonical(memory.FaultAddress))
        {
            return new ExitDetails
            {
                Reason = ExitReason.Exception,
                Vector = stackAccess ? (byte)12 : (byte)13,
                HasErrorCode = true,
            };
        }

        return new ExitDetails
        {
            Reason = ExitReason.Exception,
            Vector = 14,
            HasErrorCode = true,
            ErrorCode = (uint)memory.Fault,
            FaultAddress = memory.FaultAddress,
        };
    }

    private AccessOutcome Bounce(ulong linear, AccessSite site, int inFirst, nint returnAddress)
    {
        cpu.Counters.CrossingAccesses++;
        int size = site.Size;
        ulong next = linear + (ulong)inFirst;

        // That the address has no meaning is found before a missing page is: with both, #GP.
        nint first = PageWalker.IsCanonical(next) ? cpu.Linear.HostAddressOf(linear, inFirst, site.IsWrite) : 0;
        nint second = first == 0 && PageWalker.IsCanonical(next)
            ? 0
            : cpu.Linear.HostAddressOf(next, size - inFirst, site.IsWrite);
        if (second == 0)
        {
            return Fail(site, returnAddress);
        }

        if (site.IsWrite && MustStandAlone(site, returnAddress) && (HoldsCode(first) || HoldsCode(second)))
        {
            return BeginAgainAlone(site, returnAddress);
        }

        if (site.IsLocked && cache.Processors.AreSeveral && !TryBeginAlone(site, returnAddress))
        {
            return AccessOutcome.Again;
        }

        byte* bounce = cpu.Block + StateLayout.Bounce + (linear & 63);

        // SAFETY: both host ranges were vouched for; the bounce buffer is larger than any access and its offset.
        Buffer.MemoryCopy((void*)first, bounce, StateLayout.BounceSize, inFirst);
        Buffer.MemoryCopy((void*)second, bounce + inFirst, StateLayout.BounceSize, size - inFirst);
        if (site.IsWrite)
        {
            Prepare(PendingBounce, site, returnAddress);
            _firstHost = first;
            _secondHost = second;
            _firstLength = inFirst;
            _length = size;
            _bounce = bounce;
        }

        _state->ScratchR15 = (ulong)bounce - linear;
        return AccessOutcome.Resolved;
    }

    private void CopyBack()
    {
        Buffer.MemoryCopy(_bounce, (void*)_firstHost, 4096, _firstLength);
        Buffer.MemoryCopy(_bounce + _firstLength, (void*)_secondHost, 4096, _length - _firstLength);
    }

    private void Enqueue()
    {
        cache.Processors.CodeFrameWritten(cpu.Linear.FrameOf(_firstHost));
        if (_secondHost != 0)
        {
            cache.Processors.CodeFrameWritten(cpu.Linear.FrameOf(_secondHost));
        }
    }

    private void Prepare(int pending, AccessSite site, nint returnAddress)
    {
        _state->PendingStore = pending;
        _secondHost = 0;
        _nextRip = cache.BlockAt(returnAddress).Rip + (ulong)(site.GuestOffset + site.InstructionLength);
        if (!_state->LongMode)
        {
            _nextRip = (uint)_nextRip;
        }

        _leavesBehindStore = !site.IsCompound;
    }

    private bool HoldsCode(nint host) => cache.Memory.HoldsCode(cpu.Linear.FrameOf(host));

    /// <summary>Whether an instruction that has more to do behind its store is followed by others in its block.</summary>
    private bool MustStandAlone(AccessSite site, nint returnAddress) =>
        site.IsCompound && (cache.PageOf(cache.BlockAt(returnAddress).Page)?.Mode & ModeKey.SingleStep) == 0;

    private AccessOutcome BeginAgainAlone(AccessSite site, nint returnAddress)
    {
        _state->Rip = RipOf(site, returnAddress);
        return AccessOutcome.Alone;
    }

    /// <summary>A locked access to two pages cannot be one access of the host: nobody else may run meanwhile.</summary>
    private bool TryBeginAlone(AccessSite site, nint returnAddress)
    {
        _isAlone = cache.Processors.TryBeginAlone(cpu);
        if (!_isAlone)
        {
            _state->Rip = RipOf(site, returnAddress);
            cpu.RequestAttention();
        }

        return _isAlone;
    }

    private void EndAlone()
    {
        if (_isAlone)
        {
            _isAlone = false;
            cache.Processors.EndAlone();
        }
    }

    private ulong RipOf(AccessSite site, nint returnAddress) => cache.BlockAt(returnAddress).Rip + (ulong)site.GuestOffset;

    private AccessOutcome Fail(AccessSite site, nint returnAddress)
    {
        _state->Rip = RipOf(site, returnAddress);
        bool misaligned = site.IsAligned
            && (_state->ScratchR14 & (ulong)(AlignmentRule.Boundary(site.Size) - 1)) != 0;
        ExitDetails fault = FaultAt(site.IsStack);
        FaultExit = misaligned || (!site.IsStack && OffsetHasNoMeaning())
            ? new ExitDetails { Reason = ExitReason.Exception, Vector = 13, HasErrorCode = true }
            : fault;
        return AccessOutcome.Faulted;
    }

    private bool OffsetHasNoMeaning() => !SegmentOffset.IsOutOfQuestion(_state, _state->ScratchR14)
        && fetcher.TryFetch(out Instruction instruction)
        && SegmentOffset.HasNoMeaning(_state, instruction, _state->ScratchR14);
}
