// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Memory;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>Carries out the instruction at RIP in C#, or says what the machine's owner must do.</summary>
internal sealed unsafe class InstructionExecutor
{
    private readonly VirtualCpu _cpu;
    private readonly CpuState* _state;
    private readonly StringInstructions _strings;
    private readonly LegacyInstructions _legacy;
    private readonly VectorAccesses _vectors;
    private readonly SystemInstructions _system;
    private Instruction _current;

    internal InstructionExecutor(VirtualCpu cpu, GuestMemory memory)
    {
        _cpu = cpu;
        _state = (CpuState*)cpu.Block;
        Fetcher = new InstructionFetcher(cpu, memory);
        _strings = new StringInstructions(cpu);
        _legacy = new LegacyInstructions(cpu);
        _vectors = new VectorAccesses(cpu);
        _system = new SystemInstructions(cpu);
    }

    internal InstructionFetcher Fetcher { get; }

    /// <summary>Why the last <see cref="Execute"/> ended in <see cref="Outcome.Leave"/>.</summary>
    internal ExitDetails Exit { get; private set; }

    internal Outcome Execute(in CodeCache.InstructionStub translated)
    {
        if (!Fetcher.TryFetch(out _current))
        {
            return Leave(MemoryFault());
        }

        if ((int)_current.Code != translated.Code || _current.Length != translated.Length)
        {
            return Outcome.Changed;
        }

        if (_current.Mnemonic == Mnemonic.Maskmovq && !_cpu.TaskSwitched && LegacyState.HasPendingError())
        {
            return Leave(new ExitDetails { Reason = ExitReason.Exception, Vector = 16 });
        }

        ulong next = _state->LongMode ? _current.NextIP : (uint)_current.NextIP;
        Outcome? outcome = Dispatch();
        switch (outcome)
        {
            case Outcome.Continue or Outcome.Redirect:
                _state->Rip = next;
                return outcome.Value;
            case Outcome.Repeat:
                return Outcome.Repeat;
            case Outcome.Leave:
                return Leave(MemoryFault());
            default:
                ExitDetails exit = _system.Describe(_current) with { NextRip = next };
                _state->Rip = exit.Reason == ExitReason.Syscall ? next : _state->Rip;
                return Leave(exit);
        }
    }

    /// <summary>Writes the destination operand of the instruction that left last.</summary>
    internal void Complete(ulong result) => _system.Complete(_current, result);

    /// <summary>The instruction at RIP faulted in the host: where EDX:EAX had been masked for it, brings them back.</summary>
    internal void UndoMasking()
    {
        if (Fetcher.TryFetch(out Instruction instruction) && Translate.OperationWriter.MasksComponents(instruction.Mnemonic))
        {
            _state->Rax = *(ulong*)(_cpu.Block + StateLayout.Spill);
            _state->Rdx = *(ulong*)(_cpu.Block + StateLayout.Carried);
        }
    }

    /// <returns>null when the instruction is the owner's business; <see cref="Outcome.Leave"/> when memory faulted.</returns>
    private Outcome? Dispatch()
    {
        if (_cpu.TaskSwitched && Translate.SlowInstructions.StaysInBlock(_current) && _vectors.Handles(_current))
        {
            return null;
        }

        if (_current.IsStringInstruction && Translate.SlowInstructions.StaysInBlock(_current))
        {
            return _strings.Execute(_current);
        }

        return _legacy.TryExecute(_current) ?? _vectors.TryExecute(_current);
    }

    private ExitDetails MemoryFault()
    {
        Mmu.LinearMemory memory = _cpu.Linear;
        if (!Mmu.PageWalker.IsCanonical(memory.FaultAddress) || SegmentOffset.HasNoMeaning(_state, _current, memory.FaultAddress))
        {
            byte vector = UsesStackSegment(_current) ? (byte)12 : (byte)13;
            return new ExitDetails { Reason = ExitReason.Exception, Vector = vector, HasErrorCode = true };
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

    private bool UsesStackSegment(in Instruction instruction) => instruction.IsStackInstruction
        || (HasMemoryOperand(instruction) && Translate.StackSegment.Holds(instruction, _state->LongMode));

    private static bool HasMemoryOperand(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            if (instruction.GetOpKind(i) == OpKind.Memory)
            {
                return true;
            }
        }

        return false;
    }

    private Outcome Leave(in ExitDetails exit)
    {
        Exit = exit;
        return Outcome.Leave;
    }
}
