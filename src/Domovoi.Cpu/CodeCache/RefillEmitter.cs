// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.State;
using Domovoi.Memory;

namespace Domovoi.Cpu.CodeCache;

/// <summary>Writes the page walk that most TLB misses end with, so that they need not leave translated code.</summary>
/// <remarks>
/// Called as <see cref="Thunks.KernelAccess"/>: linear address in R14, access in R15. It serves accesses within one page
/// whose entries are all present, accessed (and dirty, for a store) and permit them, and stores to frames without code; for
/// anything else it gives the registers back and goes to C#, which knows the rest (<see cref="PageWalker"/>,
/// <see cref="SoftTlb.Insert"/>). Entries are read once each; a table that does not hold tables does no harm, since every
/// frame number is held against the size of memory before it is used.
/// </remarks>
internal sealed class RefillEmitter
{
    private const int WriteBit = 1 << 10;
    private const int SizeMask = 0x3FF;
    private const int SavedFlags = StateLayout.WalkSaved;
    private const int SavedRax = StateLayout.WalkSaved + 8;
    private const int SavedRdx = StateLayout.WalkSaved + 16;
    private const int SavedRbx = StateLayout.WalkSaved + 24;

    private readonly HostAssembler _a;
    private readonly CpuMode _mode;
    private readonly List<nint> _slow = [];

    private RefillEmitter(HostAssembler assembler, CpuMode mode) => (_a, _mode) = (assembler, mode);

    /// <summary>Writes the walk for one mode.</summary>
    /// <param name="slow">Where to go with everything as it was, return address included.</param>
    internal static nint Emit(HostAssembler assembler, CpuMode mode, nint slow)
    {
        nint start = assembler.Position;
        RefillEmitter walk = new(assembler, mode);
        walk.EmitWalk();
        assembler.Return();
        walk.EmitSlow();
        assembler.Jump(slow);
        return start;
    }

    /// <summary>Writes a walk that returns whether it succeeded: RCX is 1 or 0.</summary>
    internal static nint EmitForGroup(HostAssembler assembler, CpuMode mode)
    {
        nint start = assembler.Position;
        RefillEmitter walk = new(assembler, mode);
        walk.EmitWalk();
        assembler.MoveImmediate(HostRegister.Rcx, 1);
        assembler.Return();
        walk.EmitSlow();
        assembler.MoveImmediate(HostRegister.Rcx, 0);
        assembler.Return();
        return start;
    }

    private void EmitWalk()
    {
        _a.Store64(HostAddress.OfThread(SavedRax), HostRegister.Rax);
        _a.LoadFlagsToRax();
        _a.Store64(HostAddress.OfThread(SavedFlags), HostRegister.Rax);
        _a.Store64(HostAddress.OfThread(SavedRdx), HostRegister.Rdx);
        _a.Store64(HostAddress.OfThread(SavedRbx), HostRegister.Rbx);
        EmitPageCrossing();
        EmitTopLevel();
        EmitLevel(shift: 30);
        EmitLevel(shift: 21);
        EmitLeaf();
        EmitPermissions();
        EmitLog();
        EmitInsertion();
        EmitRestore();
    }

    private void EmitSlow()
    {
        foreach (nint hole in _slow)
        {
            _a.Bind32(hole);
        }

        EmitRestore();
    }

    private void SlowIf(Condition condition) => _slow.Add(_a.JumpIf32(condition));

    private void EmitPageCrossing()
    {
        _a.Move32(HostRegister.Rax, HostRegister.R14);
        _a.And32Immediate(HostRegister.Rax, 0xFFF);
        _a.Move32(HostRegister.Rcx, HostRegister.R15);
        _a.And32Immediate(HostRegister.Rcx, SizeMask);
        _a.Add32(HostRegister.Rax, HostRegister.Rcx);
        _a.Cmp32Immediate(HostRegister.Rax, 4096);
        SlowIf(Condition.Above);
    }

    /// <summary>RDX = the third-level table, RBX = the entry that leads there.</summary>
    private void EmitTopLevel()
    {
        // Canonical: bits 47 to 63 are all alike.
        _a.Move64(HostRegister.Rax, HostRegister.R14);
        _a.ShiftRightArithmetic64(HostRegister.Rax, 47);
        _a.Lea64(HostRegister.Rax, new HostAddress(HostRegister.Rax, Displacement: 1));
        _a.Cmp64Immediate(HostRegister.Rax, 1);
        SlowIf(Condition.Above);

        _a.Load64(HostRegister.Rdx, HostAddress.OfThread(StateLayout.WalkRoots + ((int)_mode * 8)));
        _a.Test64(HostRegister.Rdx);
        SlowIf(Condition.Equal);
        _a.Move64(HostRegister.Rax, HostRegister.R14);
        _a.ShiftRight64(HostRegister.Rax, 39);
        _a.And32Immediate(HostRegister.Rax, 511);
        _a.Move32(HostRegister.Rcx, HostRegister.Rax);
        _a.Sub32(HostRegister.Rcx, HostAddress.OfThread(StateLayout.ReservedFirst));
        _a.Cmp32(HostRegister.Rcx, HostAddress.OfThread(StateLayout.ReservedCount));
        if (_mode == CpuMode.User)
        {
            SlowIf(Condition.Below);
        }
        else
        {
            nint own = _a.JumpIf8(Condition.AboveOrEqual);
            _a.Test32Immediate(HostRegister.R15, WriteBit);
            SlowIf(Condition.NotEqual);
            _a.Load64(HostRegister.Rdx, HostAddress.OfThread(StateLayout.ReservedRoot));
            _a.Bind8(own);
        }

        _a.Load64(HostRegister.Rax, new HostAddress(HostRegister.Rdx, HostRegister.Rax, 3));
        _a.Move64(HostRegister.Rbx, HostRegister.Rax);
        EmitFrame();
        _a.Move64(HostRegister.Rdx, HostRegister.Rax);
    }

    /// <summary>RDX = the next table, RBX &amp;= the entry that leads there.</summary>
    private void EmitLevel(int shift)
    {
        EmitEntry(shift);
        _a.Test32Immediate(HostRegister.Rax, (int)PageWalker.PageSize);
        SlowIf(Condition.NotEqual);
        EmitFrame();
        _a.Move64(HostRegister.Rdx, HostRegister.Rax);
    }

    /// <summary>RAX = the entry for the address in the table at RDX, RBX &amp;= it.</summary>
    private void EmitEntry(int shift)
    {
        _a.Move64(HostRegister.Rax, HostRegister.R14);
        _a.ShiftRight64(HostRegister.Rax, shift);
        _a.And32Immediate(HostRegister.Rax, 511);
        _a.Load64(HostRegister.Rax, new HostAddress(HostRegister.Rdx, HostRegister.Rax, 3));
        _a.And64(HostRegister.Rbx, HostRegister.Rax);
    }

    /// <summary>RAX = host address of the frame that the entry in RAX names.</summary>
    private void EmitFrame()
    {
        _a.And64(HostRegister.Rax, HostAddress.OfThread(StateLayout.FrameMask));
        _a.Cmp64(HostRegister.Rax, HostAddress.OfThread(StateLayout.MemoryLength));
        SlowIf(Condition.AboveOrEqual);
        _a.Add64(HostRegister.Rax, HostAddress.OfThread(StateLayout.MemoryBase));
    }

    /// <summary>RDX = host address of the page; a store needs the leaf's dirty bit and a frame without code.</summary>
    private void EmitLeaf()
    {
        EmitEntry(shift: 12);
        _a.Test32Immediate(HostRegister.R15, WriteBit);
        nint read = _a.JumpIf8(Condition.Equal);
        _a.Test32Immediate(HostRegister.Rax, (int)PageWalker.Dirty);
        SlowIf(Condition.Equal);
        _a.Bind8(read);
        EmitFrame();
        _a.Move64(HostRegister.Rdx, HostRegister.Rax);
    }

    private void EmitPermissions()
    {
        if (_mode == CpuMode.User)
        {
            _a.Load32(HostRegister.Rcx, HostAddress.OfThread(StateLayout.UserBits));
        }
        else
        {
            _a.MoveImmediate(HostRegister.Rcx, PageWalker.ReadBits);
        }

        _a.Test32Immediate(HostRegister.R15, WriteBit);
        nint read = _a.JumpIf32(Condition.Equal);
        _a.Or32Immediate(HostRegister.Rcx, (int)PageWalker.Writable);
        _a.Move64(HostRegister.Rax, HostRegister.Rdx);
        _a.Sub64(HostRegister.Rax, HostAddress.OfThread(StateLayout.MemoryBase));
        _a.ShiftRight64(HostRegister.Rax, PhysicalAddress.PageShift);
        _a.Add64(HostRegister.Rax, HostAddress.OfThread(StateLayout.CodeMarks));
        _a.Cmp8Immediate(new HostAddress(HostRegister.Rax), 0);
        SlowIf(Condition.NotEqual);
        _a.Bind32(read);
        _a.And64(HostRegister.Rbx, HostRegister.Rcx);
        _a.Cmp32(HostRegister.Rbx, HostRegister.Rcx);
        SlowIf(Condition.NotEqual);
    }

    /// <summary>Leaves when the log is full: the TLB is, too.</summary>
    private void EmitLog()
    {
        if (_mode == CpuMode.User)
        {
            EmitLog(StateLayout.LowLogged, StateLayout.LowLog);
            return;
        }

        _a.Test64(HostRegister.R14);
        nint high = _a.JumpIf32(Condition.Sign);
        EmitLog(StateLayout.LowLogged, StateLayout.LowLog);
        nint done = _a.Jump32();
        _a.Bind32(high);
        EmitLog(StateLayout.HighLogged, StateLayout.HighLog);
        _a.Bind32(done);
    }

    private void EmitLog(int count, int log)
    {
        _a.Load32(HostRegister.Rcx, HostAddress.OfThread(count));
        _a.Cmp32Immediate(HostRegister.Rcx, StateLayout.LogCapacity);
        SlowIf(Condition.AboveOrEqual);
        EmitSlot();
        _a.Or32Immediate(HostRegister.Rax, (int)_mode << 20);
        _a.Store32(HostAddress.OfThread(log, HostRegister.Rcx, 2), HostRegister.Rax);
        _a.Lea32(HostRegister.Rcx, new HostAddress(HostRegister.Rcx, Displacement: 1));
        _a.Store32(HostAddress.OfThread(count), HostRegister.Rcx);
    }

    /// <summary>RAX = the address's slot.</summary>
    private void EmitSlot()
    {
        _a.Move32(HostRegister.Rax, HostRegister.R14);
        _a.ShiftRight32(HostRegister.Rax, PhysicalAddress.PageShift);
    }

    /// <summary>Fills the slot: R15 = delta. A page that may be written may be read.</summary>
    private void EmitInsertion()
    {
        EmitSlot();
        _a.Move64(HostRegister.Rbx, HostRegister.R14);
        _a.And64Immediate(HostRegister.Rbx, -PhysicalAddress.PageSize);
        _a.Negate64(HostRegister.Rbx);
        _a.Lea64(HostRegister.Rcx, new HostAddress(HostRegister.Rdx, HostRegister.Rbx));
        _a.Store64(Word(StateLayout.ReadTags, HostRegister.Rax), HostRegister.Rbx);
        _a.Test32Immediate(HostRegister.R15, WriteBit);
        nint read = _a.JumpIf32(Condition.Equal);
        _a.Store64(Word(StateLayout.WriteTags, HostRegister.Rax), HostRegister.Rbx);
        _a.Store64(Word(StateLayout.Deltas, HostRegister.Rax), HostRegister.Rcx);
        EmitMoveOfWrites();
        nint done = _a.Jump32();

        // The write tag stays if it is right with this delta, too.
        _a.Bind32(read);
        _a.Cmp64(HostRegister.Rcx, Word(StateLayout.Deltas, HostRegister.Rax));
        nint same = _a.JumpIf8(Condition.Equal);
        _a.Store64(Word(StateLayout.Deltas, HostRegister.Rax), HostRegister.Rcx);
        EmitTagOfNone(HostRegister.Rbx, HostRegister.Rax);
        _a.Store64(Word(StateLayout.WriteTags, HostRegister.Rax), HostRegister.Rbx);
        _a.Bind8(same);
        _a.Bind32(done);
        _a.Move64(HostRegister.R15, HostRegister.Rcx);
    }

    /// <summary>As <see cref="SoftTlb"/> does: the frame at RDX, which has write tags in slot RAX now, loses those of any other.</summary>
    private void EmitMoveOfWrites()
    {
        _a.Move64(HostRegister.Rbx, HostRegister.Rdx);
        _a.Sub64(HostRegister.Rbx, HostAddress.OfThread(StateLayout.MemoryBase));
        _a.ShiftRight64(HostRegister.Rbx, PhysicalAddress.PageShift);
        _a.Load64(HostRegister.R15, HostAddress.OfThread(StateLayout.WrittenSlots));
        _a.Lea64(HostRegister.Rbx, new HostAddress(HostRegister.R15, HostRegister.Rbx, 2));
        _a.Load32(HostRegister.R15, new HostAddress(HostRegister.Rbx));
        _a.Store32(new HostAddress(HostRegister.Rbx), HostRegister.Rax);
        _a.Cmp32(HostRegister.Rax, HostRegister.R15);
        nint sameSlot = _a.JumpIf32(Condition.Equal);
        foreach (CpuMode mode in (ReadOnlySpan<CpuMode>)[CpuMode.Kernel, CpuMode.User])
        {
            _a.Load64(HostRegister.Rbx, Word(StateLayout.Deltas, HostRegister.R15, mode));
            _a.Sub64(HostRegister.Rbx, Word(StateLayout.WriteTags, HostRegister.R15, mode));
            _a.Cmp64(HostRegister.Rbx, HostRegister.Rdx);
            nint other = _a.JumpIf8(Condition.NotEqual);
            EmitTagOfNone(HostRegister.Rbx, HostRegister.R15);
            _a.Store64(Word(StateLayout.WriteTags, HostRegister.R15, mode), HostRegister.Rbx);
            _a.Bind8(other);
        }

        _a.Bind32(sameSlot);
    }

    private void EmitTagOfNone(HostRegister target, HostRegister slot)
    {
        _a.Move32(target, slot);
        _a.Xor32Immediate(target, StateLayout.TlbEntries / 2);
        _a.ShiftLeft32(target, PhysicalAddress.PageShift);
        _a.Negate64(target);
    }

    private HostAddress Word(int table, HostRegister slot) => Word(table, slot, _mode);

    private static HostAddress Word(int table, HostRegister slot, CpuMode mode) =>
        HostAddress.OfThread(table + ((int)mode * StateLayout.DataTlbStride), slot, 3);

    private void EmitRestore()
    {
        _a.Load64(HostRegister.Rax, HostAddress.OfThread(SavedFlags));
        _a.StoreFlagsFromRax();
        _a.Load64(HostRegister.Rax, HostAddress.OfThread(SavedRax));
        _a.Load64(HostRegister.Rdx, HostAddress.OfThread(SavedRdx));
        _a.Load64(HostRegister.Rbx, HostAddress.OfThread(SavedRbx));
    }
}
