// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;

namespace Domovoi.Cpu.Translate;

/// <summary>Writes the ways out of a block: linked branches, indirect branches, polls and identity checks.</summary>
/// <remarks>Nothing here touches flags, because what follows a branch may need any of them.</remarks>
internal sealed class ExitEmitter(HostAssembler assembler)
{
    private readonly List<(nint Hole, ulong Target)> _links = [];
    private readonly List<(nint Hole, ulong Rip)> _polls = [];
    private readonly List<(nint Hole, int PageId, nint Resume)> _checks = [];
    private CodeBuffer _buffer = null!;
    private ModeKey _mode;
    private ulong _rip;

    internal Thunks Thunks { get; private set; } = null!;

    internal void Begin(CodeBuffer buffer, Thunks thunks, ModeKey mode, ulong rip)
    {
        _buffer = buffer;
        Thunks = thunks;
        _mode = mode;
        _rip = rip;
        _links.Clear();
        _polls.Clear();
        _checks.Clear();
    }

    /// <summary>Leaves unless the virtual page still is the frame that the block was translated from.</summary>
    internal void EmitIdentityCheck(CodePage page)
    {
        int slot = (int)((page.VirtualPage >> 12) & (StateLayout.CodeEntries - 1));
        int table = StateLayout.CodeTlb + ((_mode & ModeKey.User) != 0 ? StateLayout.CodeTlbStride : 0);
        assembler.Load32(HostRegister.Rcx, HostAddress.State(table + (slot * 4)));
        assembler.NoteDisplacement(RelocationKind.CodeEntry);
        assembler.ComparePage(page.Id);
        nint same = assembler.JumpIfRcxZero8();
        nint miss = assembler.Jump32();
        assembler.Bind8(same);
        _checks.Add((miss, page.Id, assembler.Position));
    }

    /// <summary>A jump from one known guest address to another. Backward jumps poll.</summary>
    internal void EmitJump(ulong from, ulong target)
    {
        if ((_mode & ModeKey.SingleStep) != 0)
        {
            assembler.Leave(Thunks.SingleStep);
            assembler.GuestAddress(target);
        }
        else if (target <= from)
        {
            EmitPolledJump(target);
        }
        else
        {
            _links.Add((assembler.Jump32(), target));
        }
    }

    /// <summary>Poll, then jump: the poll's way out stands behind the jump and costs nothing when not taken.</summary>
    internal void EmitPolledJump(ulong target)
    {
        assembler.Load32(HostRegister.Rcx, HostAddress.State(StateLayout.Go));
        nint kicked = assembler.JumpIfRcxZero8();
        _links.Add((assembler.Jump32(), target));
        assembler.Bind8(kicked);
        _polls.Add((assembler.Jump32(), target));
    }

    /// <summary>Leaves for a guest address when somebody kicked. Changes flags.</summary>
    internal void EmitPollByFlags(ulong target)
    {
        assembler.Cmp32Immediate8(HostAddress.State(StateLayout.Go), 0);
        _polls.Add((assembler.JumpIf32(Condition.Equal), target));
    }

    /// <summary>A conditional jump from one known guest address to another.</summary>
    internal void EmitConditionalJump(Condition condition, ulong from, ulong target)
    {
        if (target > from && (_mode & ModeKey.SingleStep) == 0)
        {
            _links.Add((assembler.JumpIf32(condition), target));
            return;
        }

        nint skip = assembler.JumpIf8((Condition)((int)condition ^ 1));
        EmitJump(from, target);
        assembler.Bind8(skip);
    }

    /// <summary>Leaves when somebody kicked, before a jump to the address in R14.</summary>
    internal void EmitIndirectPoll()
    {
        assembler.Load32(HostRegister.Rcx, HostAddress.State(StateLayout.Go));
        nint kicked = assembler.JumpIfRcxZero8();
        EmitIndirectJump();
        assembler.Bind8(kicked);
        assembler.Jump(Thunks.JumpMiss);
    }

    /// <summary>A jump to the guest address in R14, through the jump cache.</summary>
    internal void EmitIndirectJump()
    {
        if ((_mode & ModeKey.SingleStep) != 0)
        {
            assembler.Jump(Thunks.JumpMiss);
            return;
        }

        int offset = (_mode & ModeKey.User) != 0 ? StateLayout.JumpStride : 0;
        if (HostProcessor.HasBmi2)
        {
            assembler.Pext64(HostRegister.R15, HostRegister.R14, HostAddress.State(StateLayout.JumpMask));
        }
        else
        {
            assembler.MoveZeroExtend8(HostRegister.R15, HostRegister.R14);
        }

        assembler.Lea32(HostRegister.R15, new HostAddress(HostRegister.R15, HostRegister.R15));
        assembler.Load64(HostRegister.Rcx, HostAddress.State(StateLayout.JumpTable + offset, HostRegister.R15, 3));
        assembler.Lea64(HostRegister.Rcx, new HostAddress(HostRegister.Rcx, HostRegister.R14));
        nint hit = assembler.JumpIfRcxZero8();
        assembler.Jump(Thunks.JumpMiss);
        assembler.Bind8(hit);
        assembler.Jump(HostAddress.State(StateLayout.JumpTable + offset + sizeof(ulong), HostRegister.R15, 3));
    }

    /// <summary>Writes what the branches of the block lead to until they are linked.</summary>
    internal void EmitCold()
    {
        foreach ((nint hole, ulong target) in _links)
        {
            assembler.Bind32(hole);
            assembler.Call(Thunks.Link);                    // once: what an unpaired call costs does not count
            assembler.GuestAddress(target);
            assembler.Int32((int)(hole - _buffer.RunStart));
            assembler.NoteDisplacement(RelocationKind.LinkHole);
            assembler.Int32(IsFar(target) ? 0 : 1);
        }

        foreach ((nint hole, ulong rip) in _polls)
        {
            assembler.Bind32(hole);
            assembler.Leave(Thunks.Poll);
            assembler.GuestAddress(rip);
        }

        foreach ((nint hole, int pageId, nint resume) in _checks)
        {
            assembler.Bind32(hole);
            assembler.Leave(Thunks.IdentityMiss);
            assembler.GuestAddress(_rip);
            assembler.Int32(pageId);
            assembler.NoteDisplacement(RelocationKind.PageId);
            assembler.Int32((int)(resume - _buffer.RunStart));
            assembler.NoteDisplacement(RelocationKind.BufferOffset);
        }
    }

    private bool IsFar(ulong target) => ((target ^ _rip) & ~0xFFFUL) != 0;
}
