// SPDX-License-Identifier: MIT
using System.Numerics;
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Decode;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Domovoi.Memory;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Makes the checks of a hot loop's accesses once for all turns that stay within the pages they were made for.</summary>
/// <remarks>
/// The groups that last (<see cref="AccessGroups"/>) are checked before the loop. At its end a count of turns is taken down; when it is used up, the
/// addresses say for how many turns more no group leaves its page, and the checks are made anew when that is none. A flush of the TLB waits for the look
/// at Go in each turn, and the loop is then entered from its beginning.
/// <code>
///   head:  check the groups; turns = 0; load the holders
///   top:   the loop's body, up to four times
///          stop looping? Go? turns-- == 0 → recount
///   again: advance the host addresses; jmp top
///   recount (cold): turns = the least room of a group / its step; none → head; else → again
/// </code>
/// Where nothing in the body needs R14 and R15, they hold the words of the groups with most members, and RCX the count.
/// </remarks>
internal sealed class LoopChecks(HostAssembler assembler, AccessGroups groups, AccessEmitter accesses, ExitEmitter exits)
{
    private static readonly HostAddress s_turns = HostAddress.State(StateLayout.LoopTurns);

    private readonly List<AccessGroup> _lasting = [];
    private bool _countsInRcx;
    private nint _head;
    private nint _top;
    private nint _again;
    private nint _recount;

    /// <summary>Whether the block is a loop whose checks, or some of them, are made outside.</summary>
    internal bool AreOutside => _lasting.Count > 0;

    private IEnumerable<AccessGroup> Stepping => _lasting.Where(group => group.Step != 0);

    /// <summary>Decides which groups of an analyzed block last, and where their words are held.</summary>
    /// <param name="keepsScratch">Whether an instruction's code, but for its memory access, leaves R14 and R15 alone.</param>
    internal void Plan(DecodedBlock block, ModeKey mode, FactsLookup facts, ScratchRule keepsScratch)
    {
        _lasting.Clear();
        _countsInRcx = false;
        if (block.LoopLength == 0)
        {
            return;
        }

        _lasting.AddRange(groups.Lasting);
        if (block.LiveBefore[0] != RflagsBits.None || (mode & ModeKey.TaskSwitched) != 0)
        {
            _lasting.ForEach(group => group.Lasts = false);
            _lasting.Clear();
        }

        if (AreOutside && groups.AllLast(block, mode, facts) && _lasting.All(group => group.Step == 0 || group.LowestAt(mode).IsSumOfHostRegisters(mode))
            && block.Instructions.Take(block.LoopLength).All(instruction => keepsScratch(instruction)))
        {
            _lasting[0].Holder = HostRegister.R14;
            if (_lasting.Count == 2)
            {
                _lasting[1].Holder = HostRegister.R15;
            }

            _countsInRcx = !block.Instructions.Take(block.LoopLength).Any(OperationWriter.UsesCounter);
        }
    }

    /// <summary>Writes the checks before the loop.</summary>
    internal void EmitHead(ulong rip)
    {
        _head = assembler.Position;
        foreach (AccessGroup group in _lasting)
        {
            accesses.EmitCheckOfLoop(group, rip);
        }

        foreach (AccessGroup group in _lasting.Where(group => group.Holder != HostRegister.None))
        {
            assembler.Load64(group.Holder, AccessEmitter.WordOf(group));
        }

        if (_countsInRcx)
        {
            assembler.MoveImmediate(HostRegister.Rcx, 0);
        }
        else if (Stepping.Any())
        {
            assembler.StoreImmediate32(s_turns, 0);
        }

        accesses.ForgetHeld();
        _top = assembler.Position;
    }

    /// <summary>Writes the branch back, of which flags are dead behind.</summary>
    internal void EmitTurn(Condition condition, ulong head, ModeKey mode)
    {
        nint leave = assembler.JumpIf32((Condition)((int)condition ^ 1));
        exits.EmitPollByFlags(head);
        if (Stepping.Any())
        {
            if (_countsInRcx)
            {
                assembler.Sub32Immediate(HostRegister.Rcx, 1);
            }
            else
            {
                assembler.Sub32Immediate8(s_turns, 1);
            }

            _recount = assembler.JumpIf32(Condition.Below);
        }

        _again = assembler.Position;
        foreach (AccessGroup group in Stepping.Where(group => group.LowestAt(mode).PlainBase(mode, out _) == HostRegister.None))
        {
            if (group.Holder == HostRegister.None)
            {
                assembler.Add64Immediate(AccessEmitter.WordOf(group), group.Step);
            }
            else
            {
                assembler.Lea64(group.Holder, new HostAddress(group.Holder, Displacement: group.Step));
            }
        }

        assembler.Jump(_top);
        assembler.Bind32(leave);
    }

    /// <summary>Writes the count of turns behind the block.</summary>
    internal void EmitCold(ModeKey mode)
    {
        if (!Stepping.Any())
        {
            return;
        }

        assembler.Bind32(_recount);
        bool isFirst = true;
        foreach (AccessGroup group in Stepping)
        {
            EmitOffset(group.LowestAt(mode), mode);
            EmitTurnsLeft(group);
            nint over = 0;
            if (!isFirst)
            {
                assembler.Cmp32(HostRegister.Rcx, s_turns);
                over = assembler.JumpIf8(Condition.AboveOrEqual);
            }

            assembler.Store32(s_turns, HostRegister.Rcx);
            if (!isFirst)
            {
                assembler.Bind8(over);
            }

            isFirst = false;
        }

        assembler.Sub32Immediate8(s_turns, 1);
        assembler.JumpIf(Condition.Below, _head);
        if (_countsInRcx)
        {
            assembler.Load32(HostRegister.Rcx, s_turns);
        }

        assembler.Jump(_again);
    }

    /// <summary>ECX = the offset in its page of the lowest byte of the turn that comes. Spares R14 and R15 where they may be holders.</summary>
    private void EmitOffset(in EffectiveAddress lowest, ModeKey mode)
    {
        if (lowest.IsSumOfHostRegisters(mode))
        {
            lowest.EmitLowInto(HostRegister.Rcx, assembler, mode);
        }
        else
        {
            lowest.EmitInto14(assembler, mode);
            assembler.Move32(HostRegister.Rcx, HostRegister.R14);
        }

        assembler.And32Immediate(HostRegister.Rcx, PhysicalAddress.PageSize - 1);
    }

    /// <summary>ECX = how many turns may follow the last one, from the offset of the next.</summary>
    private void EmitTurnsLeft(AccessGroup group)
    {
        int step = Math.Abs(group.Step);
        if (group.Step > 0)
        {
            assembler.Sub32Immediate(HostRegister.Rcx, step);                                   // the last turn's
            assembler.JumpIf(Condition.Below, _head);                                           // it was in the page before
            assembler.Xor32Immediate(HostRegister.Rcx, PhysicalAddress.PageSize - 1);
            assembler.Sub32Immediate(HostRegister.Rcx, group.Span - 1);
        }
        else
        {
            assembler.Cmp32Immediate(HostRegister.Rcx, PhysicalAddress.PageSize - group.Span - step);
            assembler.JumpIf(Condition.Above, _head);                                           // the last turn was in the page behind
            assembler.Lea32(HostRegister.Rcx, new HostAddress(HostRegister.Rcx, Displacement: step));
        }

        assembler.ShiftRight32(HostRegister.Rcx, BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)step)));
    }
}

/// <summary>Whether an instruction's code, but for its memory access, leaves R14 and R15 alone.</summary>
internal delegate bool ScratchRule(in Instruction instruction);
