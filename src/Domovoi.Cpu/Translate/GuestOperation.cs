// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>An instruction ready to be written, with the moves that bring its operands into place and results back.</summary>
/// <remarks>Written twice when it stores to memory: once on the hot path and once behind the slow path of its access.</remarks>
internal struct GuestOperation
{
    /// <summary>The instruction, in host registers; its memory operand is set when the address is known.</summary>
    internal Instruction Instruction;

    /// <summary>Up to three operands that pass through scratch registers.</summary>
    internal Transfer First;
    internal Transfer Second;
    internal Transfer Third;
    internal int TransferCount;

    /// <summary>Which operand is memory, or -1.</summary>
    internal int MemoryOperand;

    /// <summary>The address and its delta are added up in R14 first, so that R15 is free for an operand.</summary>
    internal bool FoldsAddress;

    /// <summary>Host RCX must hold guest RCX while the instruction runs, and go back if it was written.</summary>
    internal bool ReadsCounter;
    internal bool WritesCounter;

    /// <summary>EDX:EAX selects state components, of which the guest may name more than it has but the host has them (XSAVE and kin).</summary>
    internal bool MasksComponents;

    /// <summary>What host RCX is loaded with first, when the operation stores a value that is in no guest register.</summary>
    internal CounterSource Source;
    internal ulong Immediate;

    internal enum CounterSource
    {
        None,
        Immediate,
        GuestAddress,

        /// <summary>The state block's word for a value carried from one access to the next.</summary>
        Carried,
    }

    /// <summary>One operand's way through a scratch register.</summary>
    internal readonly record struct Transfer(
        int Guest, HostRegister Scratch, bool IsHighByte, bool StoresBack, bool Loads = true);

    internal void Add(in Transfer transfer)
    {
        switch (TransferCount++)
        {
            case 0: First = transfer; break;
            case 1: Second = transfer; break;
            default: Third = transfer; break;
        }
    }

    internal readonly Transfer this[int index] => index switch { 0 => First, 1 => Second, _ => Third };
}
