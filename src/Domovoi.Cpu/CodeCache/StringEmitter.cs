// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Translate;
using Domovoi.Memory;

namespace Domovoi.Cpu.CodeCache;

/// <summary>Writes REP MOVS and REP STOS, forward and with 64-bit addresses, for blocks to call.</summary>
/// <remarks>
/// They run on host memory, over as many pages in a row as lie in a row there, and bring the guest's registers up to date after each run, so that the instruction
/// can go on in C# from wherever it is (SDM 2B, REP): RCX is 0 when it is over and 1 when C# must go on, because an element
/// crosses a page, an access faults, the destination holds code, or somebody wants attention. Flags, and all guest registers
/// but those the instruction changes, are kept.
/// </remarks>
internal sealed class StringEmitter
{
    private const uint WriteBit = 1 << 10;

    /// <summary>Bytes that a run may reach before it looks whether its next page follows in the host, too.</summary>
    private const int LongestRun = 1 << 16;
    private const int SavedFlags = StateLayout.StringSaved;
    private const int SavedRax = StateLayout.StringSaved + 8;
    private const int SavedRdx = StateLayout.StringSaved + 16;
    private const int Elements = StateLayout.StringSaved + 24;
    private const int SourceDelta = StateLayout.StringSaved + 32;
    private const int SourceBytes = StateLayout.StringSaved + 40;

    private readonly HostAssembler _a;
    private readonly CpuMode _mode;
    private readonly bool _moves;
    private readonly int _power;
    private readonly nint _walk;
    private readonly List<nint> _slow = [];

    private StringEmitter(HostAssembler assembler, CpuMode mode, bool moves, int power, nint walk) =>
        (_a, _mode, _moves, _power, _walk) = (assembler, mode, moves, power, walk);

    private int OfMode => (int)_mode * StateLayout.DataTlbStride;

    private int Tags(bool write) => OfMode + (write ? StateLayout.WriteTags : StateLayout.ReadTags);

    /// <summary>Writes the code for one mode, instruction and element size.</summary>
    /// <param name="moves">MOVS rather than STOS.</param>
    /// <param name="power">The size of an element, as a power of two: 0 to 3.</param>
    /// <param name="walk">What <see cref="RefillEmitter.EmitForGroup"/> wrote for the mode.</param>
    internal static nint Emit(HostAssembler assembler, CpuMode mode, bool moves, int power, nint walk)
    {
        nint start = assembler.Position;
        new StringEmitter(assembler, mode, moves, power, walk).Emit();
        return start;
    }

    private void Emit()
    {
        _a.Store64(HostAddress.OfThread(SavedRax), HostRegister.Rax);
        _a.LoadFlagsToRax();
        _a.Store64(HostAddress.OfThread(SavedFlags), HostRegister.Rax);
        _a.Store64(HostAddress.OfThread(SavedRdx), HostRegister.Rdx);

        nint next = _a.Position;
        _a.Test64(RegisterMap.Counter);
        nint over = _a.JumpIf32(Condition.Equal);
        if (_moves)
        {
            EmitDelta(HostRegister.Rsi, write: false);
            _a.Store64(HostAddress.OfThread(SourceDelta), HostRegister.R15);
            EmitBytesInARow(HostRegister.Rsi, write: false);
            _a.Store64(HostAddress.OfThread(SourceBytes), HostRegister.Rax);
        }

        EmitDelta(HostRegister.Rdi, write: true);
        EmitBytesInARow(HostRegister.Rdi, write: true);
        EmitElements();
        EmitRun();
        _a.Cmp32Immediate8(HostAddress.OfThread(StateLayout.Go), 0);
        _a.JumpIf(Condition.NotEqual, next);
        _a.Test64(RegisterMap.Counter);
        _slow.Add(_a.JumpIf32(Condition.NotEqual));

        _a.Bind32(over);
        EmitEnd(result: 0);
        foreach (nint hole in _slow)
        {
            _a.Bind32(hole);
        }

        EmitEnd(result: 1);
    }

    /// <summary>How many elements lie in a row on either side, if no more than are wanted.</summary>
    private void EmitElements()
    {
        if (_moves)
        {
            _a.Load64(HostRegister.Rdx, HostAddress.OfThread(SourceBytes));
            TakeSmaller(HostRegister.Rax, HostRegister.Rdx);
        }

        if (_power > 0)
        {
            _a.ShiftRight32(HostRegister.Rax, _power);
            _slow.Add(_a.JumpIf32(Condition.Equal));
        }

        TakeSmaller(HostRegister.Rax, RegisterMap.Counter);
        _a.Store64(HostAddress.OfThread(Elements), HostRegister.Rax);
    }

    /// <summary>
    /// RAX = the bytes from an address to the end of its page, and of those behind it that the TLB has with the same delta, R15, up to what is wanted.
    /// </summary>
    private void EmitBytesInARow(HostRegister linear, bool write)
    {
        _a.Move32(HostRegister.Rax, linear);
        _a.Or32Immediate(HostRegister.Rax, -PhysicalAddress.PageSize);
        _a.Negate64(HostRegister.Rax);
        _a.And32Immediate(HostRegister.Rax, (2 * PhysicalAddress.PageSize) - 1);

        nint next = _a.Position;
        _a.Move64(HostRegister.Rdx, HostRegister.Rax);
        _a.ShiftRight64(HostRegister.Rdx, _power);
        _a.Cmp64(HostRegister.Rdx, RegisterMap.Counter);
        nint enough = _a.JumpIf32(Condition.AboveOrEqual);
        _a.Cmp32Immediate(HostRegister.Rax, LongestRun);
        nint longest = _a.JumpIf32(Condition.AboveOrEqual);
        _a.Lea64(HostRegister.Rdx, new HostAddress(linear, HostRegister.Rax));
        _a.Move32(HostRegister.Rcx, HostRegister.Rdx);
        _a.ShiftRight32(HostRegister.Rcx, PhysicalAddress.PageShift);
        _a.Cmp64(HostRegister.R15, HostAddress.OfThread(OfMode + StateLayout.Deltas, HostRegister.Rcx, 3));
        nint elsewhere = _a.JumpIf32(Condition.NotEqual);
        _a.Add64(HostRegister.Rdx, HostAddress.OfThread(Tags(write), HostRegister.Rcx, 3));
        nint absent = _a.JumpIf32(Condition.NotEqual);
        _a.Lea32(HostRegister.Rax, new HostAddress(HostRegister.Rax, Displacement: PhysicalAddress.PageSize));
        _a.Jump(next);
        foreach (nint hole in (ReadOnlySpan<nint>)[enough, longest, elsewhere, absent])
        {
            _a.Bind32(hole);
        }
    }

    private void TakeSmaller(HostRegister target, HostRegister other)
    {
        _a.Cmp64(target, other);
        nint smaller = _a.JumpIf8(Condition.BelowOrEqual);
        _a.Move64(target, other);
        _a.Bind8(smaller);
    }

    /// <summary>R15 = the delta of an address's page.</summary>
    private void EmitDelta(HostRegister linear, bool write)
    {
        _a.Move32(HostRegister.Rax, linear);
        _a.ShiftRight32(HostRegister.Rax, PhysicalAddress.PageShift);
        _a.Load64(HostRegister.R15, HostAddress.OfThread(OfMode + StateLayout.Deltas, HostRegister.Rax, 3));
        _a.Move64(HostRegister.Rdx, linear);
        _a.Add64(HostRegister.Rdx, HostAddress.OfThread(Tags(write), HostRegister.Rax, 3));
        _a.Cmp64Immediate(HostRegister.Rdx, PhysicalAddress.PageSize - 1);
        nint hit = _a.JumpIf32(Condition.BelowOrEqual);
        _a.Move64(HostRegister.R14, linear);
        _a.MoveImmediate(HostRegister.R15, write ? 1 | WriteBit : 1);
        _a.Call(_walk);
        _a.Test64(HostRegister.Rcx);
        _slow.Add(_a.JumpIf32(Condition.Equal));
        _a.Bind32(hit);
    }

    /// <summary>R15 is the destination's delta.</summary>
    private void EmitRun()
    {
        _a.Load64(HostRegister.Rcx, HostAddress.OfThread(Elements));
        _a.Sub64(RegisterMap.Counter, HostRegister.Rcx);
        _a.Add64(HostRegister.Rdi, HostRegister.R15);
        if (_moves)
        {
            _a.Add64(HostRegister.Rsi, HostAddress.OfThread(SourceDelta));
            _a.RepeatString(0xA4, _power);
            _a.Sub64(HostRegister.Rsi, HostAddress.OfThread(SourceDelta));
        }
        else
        {
            _a.Load64(HostRegister.Rax, HostAddress.OfThread(SavedRax));
            _a.RepeatString(0xAA, _power);
        }

        _a.Sub64(HostRegister.Rdi, HostRegister.R15);
    }

    private void EmitEnd(ulong result)
    {
        _a.Load64(HostRegister.Rax, HostAddress.OfThread(SavedFlags));
        _a.StoreFlagsFromRax();
        _a.Load64(HostRegister.Rax, HostAddress.OfThread(SavedRax));
        _a.Load64(HostRegister.Rdx, HostAddress.OfThread(SavedRdx));
        _a.MoveImmediate(HostRegister.Rcx, result);
        _a.Return();
    }
}
