// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.State;
using Domovoi.Memory;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Writes the check that turns a linear address into a host address, and its slow path behind the block.</summary>
/// <remarks>
/// Hot: form the address, look its page up in the TLB of mode and kind, load the page's delta into R15. The access itself is
/// then made at address + R15. Miss, page crossing, and stores to pages that hold code go to the slow path, which either
/// finds the page, or points R15 at a bounce buffer, or leaves with a page fault. A store is written a second time there,
/// because what lies in the bounce buffer must be carried to its place behind the instruction.
/// </remarks>
internal sealed class AccessEmitter(HostAssembler assembler, OperationWriter writer, AccessGroups groups)
{
    private readonly List<ColdGroup> _coldGroups = [];
    private readonly List<ColdAccess> _cold = [];

    private record struct ColdAccess(
        nint Hole, EffectiveAddress Address, AccessSite Site, nint Operation, nint After, GuestOperation Store, int GuestIndex);

    /// <param name="Rip">The group's first instruction.</param>
    private record struct ColdGroup(nint Hole, EffectiveAddress Lowest, AccessSite Site, nint After, ulong Rip, int GuestIndex);

    internal ModeKey Mode { get; set; }

    /// <summary>The instruction that is being translated.</summary>
    internal ulong Rip { get; set; }

    /// <summary>The group whose word is in R15 now.</summary>
    private AccessGroup? _held;

    /// <summary>R15 is about to be used for something else.</summary>
    internal void ForgetHeld() => _held = null;

    /// <summary>Whether accesses may be checked together.</summary>
    internal bool UsesGroups { get; set; }

    /// <summary>Writes check and operation.</summary>
    /// <param name="guestIndex">The instruction's index in its block, for the side table.</param>
    internal void Emit(
        in EffectiveAddress address, AccessSite site, bool flagsLive, in GuestOperation operation, int guestIndex)
    {
        long displacement = 0;
        AccessGroup? group = UsesGroups ? groups.Find(address, site.Size, site.IsWrite, out displacement) : null;
        if (group is not null)
        {
            EmitGrouped(group, address, displacement, flagsLive, operation, guestIndex);
            return;
        }

        _held = null;
        address.Emit(assembler, Mode);
        nint hole = EmitCheck(address, site, flagsLive);
        nint start = assembler.Position;
        writer.Write(operation, address.Register);
        _cold.Add(new ColdAccess(hole, address, site, start, assembler.Position, operation, guestIndex));
    }

    /// <summary>The state block's word for what a group's check found.</summary>
    internal static HostAddress WordOf(AccessGroup group) => HostAddress.State(StateLayout.GroupWords + (group.Slot * sizeof(ulong)));

    /// <summary>Writes the check of a group before the loop it serves. Flags are dead.</summary>
    /// <param name="rip">The loop's first instruction.</param>
    internal void EmitCheckOfLoop(AccessGroup group, ulong rip) => EmitGroupCheck(group, group.LowestAt(Mode), flagsLive: false, rip, 0);

    /// <summary>Writes the group's check if this is its first member, and the operation.</summary>
    /// <remarks>
    /// Where the address is a register plus a constant, the group's word is the page's delta, which is there sooner by an addition; else it
    /// is the host address of the group's lowest byte, and the members' addresses need not be formed again.
    /// </remarks>
    private void EmitGrouped(
        AccessGroup group, in EffectiveAddress address, long displacement, bool flagsLive, in GuestOperation operation, int guestIndex)
    {
        if (!group.IsChecked)
        {
            EmitGroupCheck(group, address.Moved((int)(group.Low - displacement), Mode), flagsLive, Rip, guestIndex);
        }

        HostRegister word = group.Holder;
        if (word == HostRegister.None)
        {
            word = HostRegister.R15;
            if (_held != group)
            {
                assembler.Load64(word, WordOf(group));
            }

            _held = operation.FoldsAddress ? null : group;
        }

        HostRegister register = address.PlainBase(Mode, out int offset);
        writer.Write(operation, register, register == HostRegister.None ? (int)(displacement - group.Low) : offset, word);
    }

    private void EmitGroupCheck(AccessGroup group, in EffectiveAddress lowest, bool flagsLive, ulong rip, int guestIndex)
    {
        AccessSite site = new(group.Span, group.IsWritten, 0, 0, isStack: false, isCompound: false);
        lowest.Emit(assembler, Mode);
        nint hole = EmitCheck(lowest, site, flagsLive);
        _coldGroups.Add(new ColdGroup(hole, lowest, site, assembler.Position, rip, guestIndex));
        if (lowest.PlainBase(Mode, out _) == HostRegister.None)
        {
            assembler.Lea64(HostRegister.R15, new HostAddress(lowest.Register, HostRegister.R15));
        }

        assembler.Store64(WordOf(group), HostRegister.R15);
        group.IsChecked = true;
        _held = group;
    }

    private void EmitColdGroups(CodeCache.Thunks thunks, CodeBuffer buffer, Action<int> onSite)
    {
        foreach (ColdGroup group in _coldGroups)
        {
            onSite(group.GuestIndex);
            assembler.Bind32(group.Hole);
            group.Lowest.EmitInto14(assembler, Mode);
            assembler.MoveImmediate(HostRegister.R15, group.Site.Packed);
            assembler.Call((Mode & ModeKey.User) != 0 ? thunks.UserGroup : thunks.KernelGroup);
            nint failed = assembler.JumpIfRcxZero8();
            assembler.Jump(group.After);
            assembler.Bind8(failed);
            nint hole = assembler.Jump32();
            assembler.Bind32(hole);
            assembler.Call(thunks.Twin);
            assembler.GuestAddress(group.Rip);
            assembler.Int32((int)(hole - buffer.RunStart));
            assembler.NoteDisplacement(RelocationKind.LinkHole);
        }

        _coldGroups.Clear();
    }

    /// <summary>Writes the slow paths of the block's accesses.</summary>
    /// <param name="onSite">Told where the cold code of an instruction begins.</param>
    internal void EmitCold(CodeCache.Thunks thunks, CodeBuffer buffer, Action<int> onSite)
    {
        _held = null;
        EmitColdGroups(thunks, buffer, onSite);
        foreach (ColdAccess access in _cold)
        {
            onSite(access.GuestIndex);
            assembler.Bind32(access.Hole);
            if (access.Address.Register == HostRegister.R14)
            {
                access.Address.Emit(assembler, Mode);
            }
            else
            {
                assembler.Move64(HostRegister.R14, access.Address.Register);
            }

            assembler.MoveImmediate(HostRegister.R15, access.Site.Packed);
            assembler.Call((Mode & ModeKey.User) != 0 ? thunks.UserAccess : thunks.KernelAccess);
            if (!access.Site.IsWrite)
            {
                assembler.Jump(access.Operation);
                continue;
            }

            writer.Write(access.Store, access.Address.Register);
            assembler.Call(thunks.CommitStore);
            assembler.Jump(access.After);
        }

        _cold.Clear();
    }

    private nint EmitCheck(in EffectiveAddress address, AccessSite site, bool flagsLive)
    {
        if (address.IsConstant && (int)(address.Constant & 0xFFF) + site.Size > 4096)
        {
            return assembler.Jump32();
        }

        if (flagsLive)
        {
            return HostProcessor.HasBmi2 ? EmitFlagFreeCheck(address, site) : EmitSavingCheck(address, site);
        }

        HostRegister linear = address.Register;
        if (!address.IsConstant)
        {
            assembler.Move32(HostRegister.R15, linear);
            assembler.ShiftRight32(HostRegister.R15, PhysicalAddress.PageShift);
        }

        assembler.Move64(HostRegister.Rcx, linear);
        assembler.Add64(HostRegister.Rcx, Word(Tags(site.IsWrite), address));
        NoteEntry(address);
        assembler.Cmp64Immediate(HostRegister.Rcx, PhysicalAddress.PageSize - site.Size);
        nint miss = assembler.JumpIf32(Condition.Above);
        EmitDelta(address);
        return miss;
    }

    /// <summary>The check that leaves flags alone.</summary>
    private nint EmitFlagFreeCheck(in EffectiveAddress address, AccessSite site)
    {
        HostRegister linear = address.Register;
        if (!address.IsConstant)
        {
            assembler.MoveImmediate(HostRegister.Rcx, PhysicalAddress.PageShift);
            assembler.Shrx32(HostRegister.R15, linear, HostRegister.Rcx);
        }

        assembler.Load64(HostRegister.Rcx, Word(Tags(site.IsWrite), address));
        NoteEntry(address);
        assembler.Lea64(HostRegister.Rcx, new HostAddress(linear, HostRegister.Rcx, Displacement: site.Size - 1));
        assembler.Pext64(HostRegister.Rcx, HostRegister.Rcx, HostAddress.State(StateLayout.PageMask));
        nint hit = assembler.JumpIfRcxZero8();
        nint miss = assembler.Jump32();
        assembler.Bind8(hit);
        EmitDelta(address);
        return miss;
    }

    private void EmitDelta(in EffectiveAddress address)
    {
        assembler.Load64(HostRegister.R15, Word(StateLayout.Deltas, address));
        NoteEntry(address);
    }

    /// <summary>An address's word in one of the mode's tables; R15 is its slot, unless the address is a constant.</summary>
    private HostAddress Word(int table, in EffectiveAddress address)
    {
        int start = table + ((Mode & ModeKey.User) != 0 ? StateLayout.DataTlbStride : 0);
        return address.IsConstant
            ? HostAddress.State(start + (SoftTlb.SlotOf(address.Constant) * sizeof(ulong)))
            : HostAddress.State(start, HostRegister.R15, 3);
    }

    private static int Tags(bool write) => write ? StateLayout.WriteTags : StateLayout.ReadTags;

    private void NoteEntry(in EffectiveAddress address)
    {
        if (address.IsConstant && address.IsRipRelative)
        {
            assembler.NoteDisplacement(RelocationKind.DataEntry);
        }
    }

    /// <summary>For hosts without BMI2: keeps the flags below the state block, in the host's red zone, while the ordinary check runs.</summary>
    private nint EmitSavingCheck(in EffectiveAddress address, AccessSite site)
    {
        SetAsideFlags();
        nint hole = EmitCheck(address, site, flagsLive: false);
        TakeBackFlags();
        nint over = assembler.Jump32();
        assembler.Bind32(hole);
        TakeBackFlags();
        nint miss = assembler.Jump32();
        assembler.Bind32(over);
        return miss;
    }

    private void SetAsideFlags()
    {
        assembler.PushFlags();
        assembler.Lea64(HostRegister.Rsp, new HostAddress(HostRegister.Rsp, Displacement: 8));
    }

    private void TakeBackFlags()
    {
        assembler.Lea64(HostRegister.Rsp, new HostAddress(HostRegister.Rsp, Displacement: -8));
        assembler.PopFlags();
    }

    internal static int SizeOf(in Instruction instruction)
    {
        int size = instruction.MemorySize.GetSize();
        return size != 0 ? size : instruction.Mnemonic switch
        {
            Mnemonic.Fxsave or Mnemonic.Fxsave64 or Mnemonic.Fxrstor or Mnemonic.Fxrstor64 => 512,
            Mnemonic.Xsave or Mnemonic.Xsave64 or Mnemonic.Xrstor or Mnemonic.Xrstor64 or Mnemonic.Xsaveopt
                or Mnemonic.Xsaveopt64 or Mnemonic.Xsavec or Mnemonic.Xsavec64 => 832,
            _ => 1,
        };
    }
}
