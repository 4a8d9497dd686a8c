// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Decode;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Rewrites one block of guest instructions as host instructions.</summary>
/// <remarks>
/// Same instruction set on both sides: an instruction is copied with other registers and with its memory operand led through
/// the TLB. Guest flags are host flags; engine code between guest instructions leaves them alone unless they are dead.
/// Layout of a block: identity check (entry from other pages), body, then the cold paths.
/// <code>
///   push rbx   →   lea r14,[r12-8]; (check) ; mov [r14+r15],rbx ; lea r12,[r12-8]
///   add r9,rax →   add gs:[R9],rax
/// </code>
/// </remarks>
internal sealed class BlockTranslator
{
    private readonly HostAssembler _assembler = new();
    private readonly GuestEncoder _encoder;
    private readonly OperationWriter _writer;
    private readonly AccessGroups _groups;
    private readonly AccessEmitter _accesses;
    private readonly CodeFacts[] _facts = new CodeFacts[Enum.GetValues<Code>().Length];
    private readonly InstructionInfoFactory _information = new();
    private readonly List<uint> _sites = [];
    private readonly FactsLookup _lookup;
    private readonly OpcodeTable _table = OpcodeTable.Create();
    private nint _start;

    internal BlockTranslator()
    {
        _encoder = new GuestEncoder(_assembler);
        _writer = new OperationWriter(_assembler, _encoder);
        _groups = new AccessGroups(_information);
        _accesses = new AccessEmitter(_assembler, _writer, _groups);
        Exits = new ExitEmitter(_assembler);
        LoopChecks = new LoopChecks(_assembler, _groups, _accesses, Exits);
        _lookup = (in Instruction instruction) => FactsOf(instruction);
    }

    internal HostAssembler Assembler => _assembler;

    internal GuestEncoder Encoder => _encoder;

    internal ExitEmitter Exits { get; }

    internal LoopChecks LoopChecks { get; }

    internal ModeKey Mode { get; private set; }

    internal bool Is64Bit => Mode.Is64Bit();

    internal DecodedBlock Block { get; private set; } = new();

    /// <summary>The instruction that is being translated, as an index in the block.</summary>
    internal int Index { get; private set; }

    /// <summary>Whether flags must survive up to the current instruction, and are thus to be left alone by checks.</summary>
    internal bool FlagsLive => Block.LiveBefore[Index] != RflagsBits.None;

    /// <summary>Whether the translated code goes on behind the last instruction.</summary>
    internal bool FallsThrough { get; set; }

    /// <summary>Translates <paramref name="block"/> to the end of <paramref name="buffer"/>.</summary>
    internal TranslatedBlock Translate(
        DecodedBlock block, CodePage page, CodePage? nextPage, CodeBuffer buffer, Thunks thunks, BlockKind kind)
    {
        bool groups = kind != BlockKind.Twin && (page.Mode & ModeKey.SingleStep) == 0;
        Block = block;
        Mode = page.Mode;
        _accesses.Mode = page.Mode;
        _accesses.UsesGroups = groups;
        if (groups)
        {
            _groups.Analyze(block, page.Mode, _lookup);
        }

        _sites.Clear();
        bool isMovable = nextPage is null && IsMovable(page.Mode);
        nint start = buffer.NextRun;
        _assembler.BeginBlock(buffer.NextWrite, start, isMovable);
        bool vectors = UsesVectors(block);
        nint restored = 0;
        nint restore = vectors ? EmitVectorRestore(thunks, out restored) : 0;
        _start = _assembler.Position;
        Exits.Begin(buffer, thunks, page.Mode, block.Rip);
        Exits.EmitIdentityCheck(page);
        nint fast = _assembler.Position;
        if (vectors)
        {
            _assembler.Load32(HostRegister.Rcx, HostAddress.State(StateLayout.VectorsResident));
            _assembler.JumpIfRcxZero(restore);
            _assembler.Bind32(restored);
        }

        nint body = _assembler.Position;
        if (nextPage is not null)
        {
            Exits.EmitIdentityCheck(nextPage);
        }

        LoopChecks.Plan(block, Mode, _lookup, KeepsScratch);
        if (LoopChecks.AreOutside)
        {
            MarkSite(0);
            LoopChecks.EmitHead(block.Rip);
        }

        TranslateAll(groups);
        if (FallsThrough)
        {
            Exits.EmitJump(block.Instructions[block.Count - 1].IP, block.EndRip);
        }

        _accesses.EmitCold(thunks, buffer, MarkSite);
        LoopChecks.EmitCold(Mode);
        Exits.EmitCold();
        nint end = _assembler.Position;
        buffer.Commit(end);
        return new TranslatedBlock(block.Rip, _start, fast, body, end, page.Id, nextPage?.Id ?? 0, [.. _sites])
        {
            IsRepeated = kind == BlockKind.Loop,
            Start = start,
            Relocations = _assembler.Relocations.Take(),
        };
    }

    /// <summary>Programs and libraries lie elsewhere in each process; the kernel does not.</summary>
    private static bool IsMovable(ModeKey mode) =>
        (mode & (ModeKey.User | ModeKey.SingleStep)) == ModeKey.User && mode.Is64Bit();

    private void TranslateAll(bool groups)
    {
        FallsThrough = true;
        for (Index = 0; Index < Block.Count; Index++)
        {
            MarkSite(Index);
            ref readonly Instruction instruction = ref Block.Instructions[Index];
            _accesses.Rip = instruction.IP;
            if (MayUseScratch(instruction))
            {
                _accesses.ForgetHeld();
            }

            TranslateOne(in instruction);
            if (groups)
            {
                _groups.Advance(in instruction, Index);
            }
        }
    }

    /// <summary>Emits the instruction with its memory operand, if any, led through the TLB.</summary>
    internal void EmitRewritten(in Instruction instruction)
    {
        ref readonly CodeFacts facts = ref FactsOf(instruction);
        int memory = MemoryOperand(instruction);
        if (memory < 0)
        {
            _writer.Write(OperationWriter.Plan(instruction, facts, -1), HostRegister.None);
            return;
        }

        GuestOperation operation = OperationWriter.Plan(instruction, facts, memory);
        EmitAccess(instruction, operation, AccessEmitter.SizeOf(instruction), facts.MemoryWritten);
    }

    /// <summary>Emits a check of the instruction's memory operand and an operation on it.</summary>
    internal void EmitAccess(
        in Instruction guest, in GuestOperation operation, int size, bool write, int extraDisplacement = 0) =>
        EmitAccess(EffectiveAddress.Of(guest, Mode, extraDisplacement), operation, size, write);

    /// <summary>Emits a check of an address and an operation on it.</summary>
    internal void EmitAccess(in EffectiveAddress address, in GuestOperation operation, int size, bool write)
    {
        ref readonly Instruction current = ref Block.Instructions[Index];
        bool stack = StackSegment.Holds(address.Source, Is64Bit);
        bool compound = write && current.IsStackInstruction;
        AccessSite site = new(size, write, (int)(current.IP - Block.Rip), current.Length, stack, compound, AlignmentRule.Applies(current),
            isLocked: current.HasLockPrefix || (current.Mnemonic == Mnemonic.Xchg && write));
        _accesses.Emit(address, site, FlagsLive, operation, Index);
    }

    /// <summary>Lets C# carry out the instruction; translated code goes on behind it.</summary>
    internal void EmitSlow(in Instruction instruction)
    {
        _assembler.Leave(Exits.Thunks.Instruction);
        _assembler.GuestAddress(instruction.IP);
        _assembler.Int32((int)instruction.Code);
        _assembler.Int32(instruction.Length);
    }

    internal ref readonly CodeFacts FactsOf(in Instruction instruction)
    {
        ref CodeFacts facts = ref _facts[(int)instruction.Code];
        if (!facts.IsKnown)
        {
            facts = CodeFacts.Of(instruction, _information);
        }

        return ref facts;
    }

    private static int MemoryOperand(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>
    /// Whether the code of an instruction, but for its memory access, may use R15: it names a register that lives in the state
    /// block or a high byte, or is none of the plain ones.
    /// </summary>
    private static bool MayUseScratch(in Instruction instruction)
    {
        if (!OpcodeTable.IsPlain(instruction) || !HasHost(instruction.MemoryBase) || !HasHost(instruction.MemoryIndex))
        {
            return true;
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Register
                && (!HasHost(instruction.GetOpRegister(i)) || RegisterMap.IsHighByte(instruction.GetOpRegister(i))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the code of an instruction, but for its memory access, leaves R14 and R15 alone.</summary>
    private bool KeepsScratch(in Instruction instruction)
    {
        bool isLea = instruction.Mnemonic == Mnemonic.Lea;
        if (instruction.IsJccShortOrNear)
        {
            return true;
        }

        if (instruction.FlowControl != FlowControl.Next || SlowInstructions.EndsBlock(instruction) || OperationWriter.MasksComponents(instruction.Mnemonic)
            || !(_table.IsRewritten(instruction.Mnemonic) || (isLea && instruction.Op0Register.GetSize() >= 4
                && HasHost(instruction.MemoryBase) && HasHost(instruction.MemoryIndex))))
        {
            return false;
        }

        for (int i = 0; i < instruction.OpCount; i++)
        {
            bool isKnown = instruction.GetOpKind(i) switch
            {
                OpKind.Register => HasHost(instruction.GetOpRegister(i)) && !RegisterMap.IsHighByte(instruction.GetOpRegister(i))
                    && !instruction.GetOpRegister(i).IsSegmentRegister(),
                OpKind.Memory => true,
                var kind => kind >= OpKind.Immediate8 && kind <= OpKind.Immediate32to64,
            };
            if (!isKnown)
            {
                return false;
            }
        }

        return true;
    }

    private static bool HasHost(Register register) => !register.IsGPR() || !RegisterMap.IsInMemory(RegisterMap.NumberOf(register));

    /// <summary>Whether the block needs the vector registers and MXCSR in the host's registers.</summary>
    private bool UsesVectors(DecodedBlock block)
    {
        for (int i = 0; i < block.Count && (Mode & ModeKey.TaskSwitched) == 0; i++)
        {
            if (FactsOf(block.Instructions[i]).IsWideVector)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Stands before the block, within a short branch of its head.</summary>
    private nint EmitVectorRestore(Thunks thunks, out nint restored)
    {
        nint start = _assembler.Position;
        _assembler.Call(thunks.RestoreVectors);
        restored = _assembler.Jump32();
        return start;
    }

    private void TranslateOne(in Instruction instruction)
    {
        bool vector = FactsOf(instruction).IsWideVector;
        if (instruction.Op0Kind == OpKind.NearBranch16)
        {
            _assembler.Relocations.Forbid();                // the target does not move with the page
        }

        if (SlowInstructions.EndsBlock(instruction) || (vector && (Mode & ModeKey.TaskSwitched) != 0))
        {
            EmitSlow(instruction);
            FallsThrough = false;
        }
        else if (SlowInstructions.StaysInBlock(instruction))
        {
            if (!StringOperations.TryEmit(this, instruction))
            {
                EmitSlow(instruction);
            }
        }
        else
        {
            _table[instruction.Mnemonic](this, in instruction);
        }
    }

    private void MarkSite(int index)
    {
        uint guest = (uint)(Block.Instructions[index].IP - Block.Rip);
        _sites.Add((guest << 16) | checked((ushort)(_assembler.Position - _start)));
    }
}
