// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.State;

namespace Domovoi.Cpu.Run;

/// <summary>Enters translated code and handles what it comes back for.</summary>
/// <remarks>
/// One iteration: find the block at RIP, enter, and look at the <see cref="LeaveCode"/>. TLB misses and instructions carried
/// out in C# go back to where the code left; branches are linked and followed; everything else ends <see cref="Run"/>.
/// Memory: translated code never leaves between a guest instruction's first and last effect, except to finish a store.
/// </remarks>
internal sealed unsafe class RunLoop
{
    private const int RecentBlocks = 1024;
    private const ulong TrapFlag = 0x100;
    private const ulong ResumeFlag = 0x1_0000;
    private const ulong SingleStepCause = 1 << 14;          // DR6.BS

    private readonly (TranslatedBlock? Block, ModeKey Key)[] _recent = new (TranslatedBlock?, ModeKey)[RecentBlocks];
    private readonly VirtualCpu _cpu;
    private readonly CpuState* _state;
    private readonly TranslationCache _cache;
    private readonly SlowAccess _accesses;
    private readonly Slow.InstructionExecutor _executor;
    private readonly Func<CodePage?> _nextPage;
    private int _kicked;
    private bool _finished;
    private bool _standsAlone;                              // the next instruction gets a block of its own

    internal RunLoop(VirtualCpu cpu, TranslationCache cache)
    {
        _cpu = cpu;
        _state = (CpuState*)cpu.Block;
        _cache = cache;
        _executor = new Slow.InstructionExecutor(cpu, cache.Memory);
        _accesses = new SlowAccess(cpu, cache, _executor.Fetcher);
        Stores = new Slow.StoreDecoder(cpu, _executor.Fetcher);
        _nextPage = () => FindPage((_state->Rip | 0xFFF) + 1, _cpu.Key);
    }

    internal ExitDetails Exit { get; private set; }

    internal Slow.StoreDecoder Stores { get; }

    /// <summary>Remembers that somebody wants <see cref="Run"/> to end. Any thread.</summary>
    internal void NoteKick() => Volatile.Write(ref _kicked, 1);

    /// <summary>The instruction that left has been carried out by the machine's owner.</summary>
    internal void NoteFinished() => _finished = true;

    internal ExitReason Run()
    {
        _cpu.Requests.Enter();
        try
        {
            return RunInside();
        }
        finally
        {
            _cpu.Requests.Leave();
        }
    }

    private ExitReason RunInside()
    {
        _cache.RetireChangedFrames();
        if ((_finished || _cpu.Breakpoints.IsActive) && RaisesDebugAtStart())
        {
            return Exit.Reason;
        }

        nint entry = 0;
        while (true)
        {
            if (entry == 0)
            {
                if (Volatile.Read(ref _state->Go) == 0 && TakeAttention())
                {
                    return LeaveAt(ExitReason.Interrupted);
                }

                if (_cpu.Breakpoints.IsActive && RaisesDebugBefore())
                {
                    return Exit.Reason;
                }

                _state->VectorsWereResident = 0;
                entry = FindBlock(_state->Rip, _standsAlone ? _cpu.Key | ModeKey.SingleStep : _cpu.Key)?.FastEntry ?? 0;
                _standsAlone = false;
                if (entry == 0)
                {
                    return Leave(FetchFault());
                }
            }

            _state->HostResume = entry;
            ((delegate* unmanaged<void>)_cache.Thunks.Enter)();
            entry = _state->HostResume;
            if (!TryHandle((LeaveCode)_state->Leave, ref entry))
            {
                return Exit.Reason;
            }
        }
    }

    /// <summary>Finishes a privileged instruction with a result.</summary>
    internal void Complete(ulong result)
    {
        _executor.Complete(result);
        _state->Rip = Exit.NextRip;
        _finished = true;
    }

    /// <returns>false when <see cref="Run"/> must end; <paramref name="entry"/> is 0 when RIP says where to go on.</returns>
    private bool TryHandle(LeaveCode code, ref nint entry)
    {
        switch (code)
        {
            case LeaveCode.Access:
                return Resolve(ref entry);
            case LeaveCode.CommitStore:
                return Stepped(_accesses.Commit(ref entry), ref entry);
            case LeaveCode.Link:
                entry = Link((LinkStub*)entry);
                return true;
            case LeaveCode.JumpMiss:
                return FollowJump(ref entry);
            case LeaveCode.IdentityMiss:
                entry = Revalidate((IdentityStub*)entry);
                return true;
            case LeaveCode.Poll:
                _state->Rip = *(ulong*)entry;
                entry = 0;
                return true;
            case LeaveCode.Instruction:
                return Execute(ref entry);
            case LeaveCode.SingleStep:
                _state->Rip = *(ulong*)entry;
                return Stepped(true, ref entry);
            case LeaveCode.Syscall:
                _state->Rip = *(ulong*)entry;
                entry = 0;
                return AnswerSyscall();
            case LeaveCode.Twin:
                entry = EnterTwin((TwinStub*)entry);
                return true;
            case LeaveCode.HostFault:
                LeaveByHostFault();
                return false;
            default:
                throw new InvalidOperationException($"Translated code left with {code}.");
        }
    }

    /// <returns>Whether guest code runs on.</returns>
    private bool AnswerSyscall()
    {
        // A breakpoint that MOV SS met is dropped at a SYSCALL right behind it, as at every exit that ends an instruction.
        switch (_cpu.Breakpoints.IsActive ? SyscallAnswer.Leave : _cpu.OnSyscall())
        {
            case SyscallAnswer.GoOn:
                _cache.RetireChangedFrames();
                return true;
            case SyscallAnswer.Interrupt:
                LeaveAt(ExitReason.Interrupted);
                return false;
            default:
                LeaveAt(ExitReason.Syscall);
                return false;
        }
    }

    private bool Resolve(ref nint entry)
    {
        AccessOutcome outcome = _accesses.Resolve(entry);
        switch (outcome)
        {
            case AccessOutcome.Resolved:
                return true;
            case AccessOutcome.Again or AccessOutcome.Alone:
                _standsAlone = outcome == AccessOutcome.Alone;
                entry = 0;
                return true;
            default:
                Leave(_accesses.FaultExit);
                return false;
        }
    }

    /// <summary>After an instruction that ended outside its block: raises #DB in single-step mode.</summary>
    private bool Stepped(bool endedOutside, ref nint entry)
    {
        if (!endedOutside)
        {
            return true;
        }

        entry = 0;
        return (_cpu.Key & ModeKey.SingleStep) == 0 || !RaisesDebugBehind((_state->SystemFlags & TrapFlag) != 0);
    }

    /// <summary>#DB behind an instruction: TF was set before it, or it touched what a breakpoint watches.</summary>
    private bool RaisesDebugBehind(bool stepping)
    {
        _state->SystemFlags &= ~ResumeFlag;
        return RaisesDebug(_cpu.Breakpoints.Take() | (stepping ? SingleStepCause : 0));
    }

    /// <summary>#DB before the instruction at RIP, unless RF is set.</summary>
    private bool RaisesDebugBefore() =>
        (_state->SystemFlags & ResumeFlag) == 0 && RaisesDebug(_cpu.Breakpoints.AtInstruction(_state->Rip));

    /// <summary>#DB behind an instruction that the owner finished. Loading SS puts it off by one instruction.</summary>
    private bool RaisesDebugAtStart()
    {
        bool finished = _finished;
        _finished = false;
        _cpu.Breakpoints.Listen();
        if (!finished)
        {
            if (Exit.Reason == ExitReason.Privileged)
            {
                _cpu.Breakpoints.Take();                    // it was not carried out after all
            }

            return false;
        }

        bool loadedStack = Exit is
        {
            Operation: PrivilegedOperation.LoadSegment or PrivilegedOperation.LoadFarPointer,
            Reason: ExitReason.Privileged,
            Number: 2,
        };
        return !loadedStack && RaisesDebugBehind((_state->SystemFlags & TrapFlag) != 0);
    }

    private bool RaisesDebug(ulong causes)
    {
        if (causes != 0)
        {
            Leave(new ExitDetails { Reason = ExitReason.Exception, Vector = 1, Value = causes });
        }

        return causes != 0;
    }

    /// <summary>After a flush most pages still are what they were: looks once more, and goes on where the check stands.</summary>
    private nint Revalidate(IdentityStub* stub)
    {
        _cpu.Counters.Dispatches++;
        CodePage? page = _cache.PageOf(stub->PageId);
        if (page is null)
        {
            return LeaveRetired(stub);
        }

        if (_cpu.Linear.TryTranslate(page.VirtualPage, Access.Execute, out Memory.PhysicalAddress address, out _)
            && address.Frame == page.Frame)
        {
            _cpu.Tlb.RememberCode(_cpu.Mode, page.VirtualPage, page.Id);
            return _cache.Buffer.RunStart + stub->Resume;
        }

        _state->Rip = stub->Rip;
        return 0;
    }

    /// <summary>Branches linked to a retired block still lead there: its head becomes a jump to the block that took its place.</summary>
    private nint LeaveRetired(IdentityStub* stub)
    {
        _state->Rip = stub->Rip;
        TranslatedBlock retired = _cache.BlockAt((nint)stub);
        nuint before = _cache.Epoch;
        TranslatedBlock? block = FindBlock(_state->Rip);
        if (block is not null && _cache.Epoch == before && retired.Page == stub->PageId)
        {
            _cache.Redirect(retired, block);
        }

        return 0;
    }

    private nint Link(LinkStub* stub)
    {
        LinkStub link = *stub;
        _state->Rip = link.Target;
        nuint before = _cache.Epoch;
        TranslatedBlock? block = FindBlock(link.Target);
        if (block is null || _cache.Epoch != before || !_cpu.RarePaths.LinksBranches)
        {
            return 0;
        }

        _cpu.Counters.Links++;
        nint hole = _cache.Buffer.RunStart + link.Hole;
        TranslatedBlock source = _cache.BlockAt(hole);
        if (ReferenceEquals(source, block) && !block.IsRepeated)
        {
            if (++block.Turns < _cache.TurnsOfAHotLoop)
            {
                return block.FastEntry;
            }

            block = RepeatedLoop(link.Target);
            if (block is null || _cache.Epoch != before)
            {
                return 0;
            }
        }

        nint target = link.SamePage == 0 ? block.CheckedEntry : source.UsesVectors ? block.BodyEntry : block.FastEntry;
        *(int*)_cache.Buffer.ToWrite(hole) = (int)(target - (hole + 4));
        return block.FastEntry;
    }

    private TranslatedBlock? RepeatedLoop(ulong rip)
    {
        CodePage? page = FindPage(rip, _cpu.Key);
        return page is null ? null : _cache.Repeat(page, rip, _nextPage);
    }

    private nint EnterTwin(TwinStub* stub)
    {
        TwinStub link = *stub;
        _state->Rip = link.Rip;
        nuint before = _cache.Epoch;
        CodePage? page = FindPage(link.Rip, _cpu.Key);
        TranslatedBlock? twin = page is null ? null : _cache.TwinOf(page, link.Rip, _nextPage);
        if (twin is null || _cache.Epoch != before)
        {
            return 0;
        }

        nint hole = _cache.Buffer.RunStart + link.Hole;
        *(int*)_cache.Buffer.ToWrite(hole) = (int)(twin.FastEntry - (hole + 4));
        return twin.FastEntry;
    }

    private bool FollowJump(ref nint entry)
    {
        _state->Rip = _state->ScratchR14;
        entry = 0;
        if ((_cpu.Key & ModeKey.SingleStep) != 0)
        {
            return Stepped(true, ref entry);
        }

        if (Volatile.Read(ref _state->Go) == 0)
        {
            return true;
        }

        _cpu.Counters.JumpMisses++;
        TranslatedBlock? block = FindBlock(_state->Rip);
        if (block is not null)
        {
            _cpu.Tlb.RememberJump(_cpu.Mode, _state->Rip, block.CheckedEntry);
            entry = block.FastEntry;
        }

        return true;
    }

    private bool Execute(ref nint entry)
    {
        _cpu.Counters.SlowInstructions++;
        ref readonly InstructionStub stub = ref *(InstructionStub*)entry;
        _state->Rip = stub.Rip;

        // POPF may set or clear TF; what counts is TF before the instruction (SDM 3B §18.3.1.4).
        bool stepping = (_state->SystemFlags & TrapFlag) != 0;
        Slow.Outcome outcome = _executor.Execute(in stub);
        switch (outcome)
        {
            case Slow.Outcome.Continue when Volatile.Read(ref _state->Go) != 0 && (_cpu.Key & ModeKey.SingleStep) == 0:
                entry += sizeof(InstructionStub);
                return true;
            case Slow.Outcome.Changed:
                _cache.RetireBlock(_cache.BlockAt(entry));
                entry = 0;
                return true;
            case Slow.Outcome.Continue or Slow.Outcome.Redirect:
                // A loop of repeated string instructions must be interruptible as well.
                entry = 0;
                return !(stepping || _cpu.Breakpoints.IsActive) || !RaisesDebugBehind(stepping);
            case Slow.Outcome.Repeat:
                entry = 0;
                return !_cpu.Breakpoints.HasFound || !RaisesDebugBehind(stepping: false);
            default:
                Leave(_executor.Exit);
                return false;
        }
    }

    /// <summary>The block at an address in the current mode, or null when its page faults.</summary>
    private TranslatedBlock? FindBlock(ulong rip) => FindBlock(rip, _cpu.Key);

    private TranslatedBlock? FindBlock(ulong rip, ModeKey key)
    {
        ref (TranslatedBlock? Block, ModeKey Key) recent = ref _recent[(int)(rip ^ (rip >> 12)) & (RecentBlocks - 1)];
        if (recent.Block is { } block && block.Rip == rip && recent.Key == key && block.Page == _cpu.Tlb.CodeOf(_cpu.Mode, rip)
            && (block.SecondPage == 0 || block.SecondPage == _cpu.Tlb.CodeOf(_cpu.Mode, (rip | 0xFFF) + 1)))
        {
            return block;
        }

        recent = (FindBlockSlowly(rip, key), key);
        return recent.Block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private TranslatedBlock? FindBlockSlowly(ulong rip, ModeKey key)
    {
        CodePage? page = FindPage(rip, key);
        if (page is null)
        {
            return null;
        }

        if (page.TryGet(rip, out TranslatedBlock block)
            && (block.SecondPage == 0 || _nextPage()?.Id == block.SecondPage))
        {
            return block;
        }

        return _cache.Translate(page, rip, _nextPage);
    }

    private CodePage? FindPage(ulong rip, ModeKey key)
    {
        int identity = _cpu.Tlb.CodeOf(_cpu.Mode, rip);
        ulong virtualPage = rip & ~0xFFFUL;
        if (identity != 0 && _cache.PageOf(identity) is { } known && known.VirtualPage == virtualPage && known.Mode == key)
        {
            return known;
        }

        if (!_cpu.Linear.TryTranslate(rip, Access.Execute, out Memory.PhysicalAddress address, out _))
        {
            return null;
        }

        CodePage page = _cache.GetPage(virtualPage, address.Frame, key);
        _cpu.Tlb.RememberCode(_cpu.Mode, virtualPage, page.Id);
        return page;
    }

    private ExitDetails FetchFault() => _accesses.FaultAt(stackAccess: false);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LeaveByHostFault()
    {
        _state->Rip = _cache.BlockAt(_state->HostFaultRip).RipAt(_state->HostFaultRip);
        _accesses.Abandon();
        _executor.UndoMasking();
        byte vector = (byte)_state->HostFaultTrap;
        if (vector == 14)
        {
            throw new InvalidOperationException(
                $"Translated code at 0x{_state->HostFaultRip:x} (guest 0x{_state->Rip:x}) touched unmapped host memory.");
        }

        Leave(new ExitDetails
        {
            Reason = ExitReason.Exception,
            Vector = vector,
            HasErrorCode = vector is 8 or (>= 10 and <= 14) or 17,
        });
    }

    /// <summary>Handles whatever set Go to 0.</summary>
    /// <returns>Whether somebody kicked.</returns>
    private bool TakeAttention()
    {
        Volatile.Write(ref _state->Go, _cpu.RarePaths.PollsAlways ? 0 : 1);
        Interlocked.MemoryBarrier();
        _cpu.Requests.Attend();
        _cache.RetireChangedFrames();
        _cpu.RarePaths.AtPoll?.Invoke();
        return Interlocked.Exchange(ref _kicked, 0) != 0;
    }

    /// <summary>Leaves before the instruction at RIP. Not inlined, as <see cref="Leave"/>, because a record of that size is zeroed even where it is not used.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ExitReason LeaveAt(ExitReason reason) => Leave(new ExitDetails { Reason = reason, NextRip = _state->Rip });

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ExitReason Leave(in ExitDetails exit)
    {
        _cpu.Breakpoints.Pause(keep: exit.Reason is ExitReason.Privileged or ExitReason.Interrupted);
        Exit = exit;
        return exit.Reason;
    }
}
