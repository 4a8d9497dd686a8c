// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Decode;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Finds the accesses of a block that one check can serve.</summary>
/// <remarks>
/// Two accesses belong together when base, index, scale and segment are the same and neither register changed in between
/// but by constants (PUSH, POP, ADD, INC), which are followed. The group is checked at its first member, from the lowest to the
/// highest byte and for stores if any member stores. That check has no effect of its own: when it fails, the block's
/// ungrouped twin goes on from that instruction, and faults where a processor would.
/// Once a check succeeded its page stays where it is up to the block's end, because nothing inside a block flushes the TLB.
/// <code>
///   push rbx; push rbp; sub rsp, 24; mov [rsp+8], rdi   →   one check of [rsp-32, rsp)
/// </code>
/// </remarks>
internal sealed class AccessGroups(InstructionInfoFactory information)
{
    /// <summary>Wider groups fail at page ends too often.</summary>
    private const int LargestSpan = 512;

    /// <summary>With longer ones a check would hold for a turn or two.</summary>
    private const int LargestStep = 1024;

    /// <summary>Displacements must stay encodable when the group's lowest address is formed.</summary>
    private const long LargestDisplacement = 0x7FFF_0000;
    private const int NoRegister = 16;

    private readonly Key[] _keys = new Key[StateLayout.GroupSlots];
    private readonly AccessGroup[] _groups = new AccessGroup[StateLayout.GroupSlots];
    private readonly RegisterWrites[] _writes = new RegisterWrites[DecodedBlock.Capacity];
    private readonly int[] _versions = new int[NoRegister + 1];
    private readonly long[] _shifts = new long[NoRegister + 1];
    private int _count;
    private int _epoch;

    /// <summary>What the addresses of a group have in common. A version says which value of a register is meant.</summary>
    private readonly record struct Key(int Base, int BaseVersion, int Index, int IndexVersion, int Scale, Register Segment, ulong Page, int Epoch);

    /// <summary>Looks at a block before it is translated.</summary>
    /// <param name="facts">What is known of an instruction's form.</param>
    internal void Analyze(DecodedBlock block, ModeKey mode, FactsLookup facts)
    {
        Restart();
        _count = 0;
        if (!mode.Is64Bit() || (mode & ModeKey.SingleStep) != 0 || block.Count < 2)
        {
            return;
        }

        for (int i = 0; i < block.Count; i++)
        {
            ref readonly Instruction instruction = ref block.Instructions[i];
            Collect(instruction, i, mode, facts);
            _writes[i] = RegisterWrites.Of(instruction, facts(instruction), information);
            Advance(instruction, i);
        }

        if (block.LoopLength > 0 && _epoch == 0)
        {
            FindLasting(block);
        }

        Restart();
    }

    /// <summary>The groups of a loop that one check can serve for several turns, most members first.</summary>
    internal IEnumerable<AccessGroup> Lasting =>
        _groups.Take(_count).Where(group => group.Lasts).OrderByDescending(group => group.Members);

    /// <summary>
    /// Each turn moves the addresses of a group by the same distance if nothing but constants is added to its registers. Groups behind
    /// a branch that may leave the loop are not among them: their first turn may never come.
    /// </summary>
    private void FindLasting(DecodedBlock block)
    {
        int branch = 0;
        while (block.Instructions[branch].FlowControl != FlowControl.ConditionalBranch)
        {
            branch++;
        }

        for (int i = 0; i < _count; i++)
        {
            Key key = _keys[i];
            long step = _shifts[key.Base] + (_shifts[key.Index] * key.Scale);
            bool isSteady = key.BaseVersion + key.IndexVersion + _versions[key.Base] + _versions[key.Index] == 0;
            _groups[i].Lasts = isSteady && _groups[i].First < branch && Math.Abs(step) <= LargestStep;
            _groups[i].Step = (int)step;
        }
    }

    /// <summary>Goes on from an instruction to the next: registers it changed make new addresses.</summary>
    internal void Advance(in Instruction instruction, int index)
    {
        RegisterWrites writes = _writes[index];
        if (writes.Shifted >= 0)
        {
            _shifts[writes.Shifted] += writes.Shift;
        }

        for (int changed = writes.Changed; changed != 0; changed &= changed - 1)
        {
            int register = System.Numerics.BitOperations.TrailingZeroCount(changed);
            _versions[register]++;
            _shifts[register] = 0;
        }

        if (SlowInstructions.StaysInBlock(instruction))
        {
            _epoch++;
        }
    }

    /// <summary>The group that vouches for an access of the current instruction, or null when it must be checked by itself.</summary>
    /// <param name="displacement">The access's distance from the group's common part.</param>
    internal AccessGroup? Find(in EffectiveAddress address, int size, bool isWritten, out long displacement)
    {
        displacement = 0;
        return _count > 0 && !address.IsFormed
            && TryKey(address.Source, (ulong)address.ExtraDisplacement, out Key key, out displacement)
            && Known(key) is { } group && (group.Members > 1 || group.Lasts) && group.Covers(displacement, size, isWritten)
            ? group
            : null;
    }

    /// <summary>Whether every access of a loop belongs to a group that lasts.</summary>
    internal bool AllLast(DecodedBlock block, ModeKey mode, FactsLookup facts)
    {
        bool all = true;
        for (int i = 0; i < block.Count; i++)
        {
            ref readonly Instruction instruction = ref block.Instructions[i];
            for (int operand = 0; operand < instruction.OpCount; operand++)
            {
                if (instruction.GetOpKind(operand) == OpKind.Memory && facts(instruction) is { HasMemoryAccess: true } form)
                {
                    EffectiveAddress address = EffectiveAddress.Of(instruction, mode);
                    all &= Find(address, AccessEmitter.SizeOf(instruction), form.MemoryWritten, out _) is { Lasts: true };
                }
            }

            Advance(instruction, i);
        }

        Restart();
        return all;
    }

    private void Restart()
    {
        Array.Clear(_versions);
        Array.Clear(_shifts);
        _epoch = 0;
    }

    private void Collect(in Instruction instruction, int at, ModeKey mode, FactsLookup facts)
    {
        if (SlowInstructions.StaysInBlock(instruction) || SlowInstructions.EndsBlock(instruction))
        {
            return;
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory && facts(instruction) is { HasMemoryAccess: true } form)
            {
                Add(instruction, at, mode, 0, AccessEmitter.SizeOf(instruction), form.MemoryWritten);
            }
        }

        int shift = instruction.StackPointerIncrement;
        switch (instruction.Mnemonic)
        {
            case Mnemonic.Push or Mnemonic.Pushfq or Mnemonic.Call when shift < 0:
                Add(Templates.StackOperand(is64Bit: true), at, mode, shift, -shift, isWritten: true);
                break;
            case Mnemonic.Pop or Mnemonic.Ret when shift is > 0 and <= 8:
                Add(Templates.StackOperand(is64Bit: true), at, mode, 0, shift, isWritten: false);
                break;
        }
    }

    private void Add(in Instruction operand, int at, ModeKey mode, int extra, int size, bool isWritten)
    {
        if (!TryKey(operand, (ulong)extra, out Key key, out long displacement))
        {
            return;
        }

        if (Known(key) is { } known)
        {
            known.TryJoin(displacement, size, isWritten, LargestSpan);
        }
        else if (_count < _groups.Length && size <= LargestSpan)
        {
            AccessGroup group = _groups[_count] ??= new AccessGroup();
            _keys[_count] = key;
            int shift = key.Page != 0 ? 0 : (int)(displacement - (long)operand.MemoryDisplacement64);
            group.Begin(_count++, at, EffectiveAddress.Of(operand, mode, key.Page != 0 ? extra : shift), displacement, size, isWritten);
        }
    }

    private AccessGroup? Known(in Key key)
    {
        int index = _keys.AsSpan(0, _count).IndexOf(key);
        return index < 0 ? null : _groups[index];
    }

    private bool TryKey(in Instruction operand, ulong extra, out Key key, out long displacement)
    {
        ulong offset = operand.MemoryDisplacement64 + extra;
        displacement = (long)offset;
        key = default;
        if (EffectiveAddress.IsNarrow(operand, ModeKey.None) || operand.MemoryBase == Register.EIP
            || (operand.MemoryIndex != Register.None && !operand.MemoryIndex.IsGPR64()))
        {
            return false;
        }

        Register segment = operand.SegmentPrefix is Register.FS or Register.GS ? operand.SegmentPrefix : Register.None;
        int index = operand.MemoryIndex == Register.None ? NoRegister : RegisterMap.NumberOf(operand.MemoryIndex);
        bool hasBase = operand.MemoryBase is not (Register.None or Register.RIP);
        if (!hasBase && index == NoRegister && segment == Register.None)
        {
            // The address is a constant: those of one page belong together.
            displacement = (long)(offset & 0xFFF);
            key = new Key(NoRegister, 0, NoRegister, 0, 0, segment, (offset & ~0xFFFUL) | 1, _epoch);
            return true;
        }

        if (displacement is > LargestDisplacement or < -LargestDisplacement)
        {
            return false;
        }

        int first = hasBase ? RegisterMap.NumberOf(operand.MemoryBase) : NoRegister;
        displacement += _shifts[first] + (_shifts[index] * operand.MemoryIndexScale);
        key = new Key(first, _versions[first], index, _versions[index], index == NoRegister ? 0 : operand.MemoryIndexScale, segment, 0, _epoch);
        return true;
    }
}

/// <summary>What is known of an instruction's form.</summary>
internal delegate CodeFacts FactsLookup(in Instruction instruction);
