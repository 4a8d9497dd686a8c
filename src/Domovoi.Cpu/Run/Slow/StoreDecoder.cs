// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>Decodes a store that faulted, and finishes it once the machine's owner has made it.</summary>
internal sealed unsafe class StoreDecoder(VirtualCpu cpu, InstructionFetcher fetcher)
{
    private readonly CpuState* _state = (CpuState*)cpu.Block;
    private Instruction _current;

    internal bool TryDecode(out StoreOperation operation)
    {
        operation = default;
        if (!fetcher.TryFetch(out _current))
        {
            return false;
        }

        bool repeats = _current.HasRepPrefix || _current.HasRepnePrefix;
        if (_current.Mnemonic is Mnemonic.Stosd or Mnemonic.Stosq or Mnemonic.Movsq && !repeats)
        {
            return false;
        }

        if (_current.OpCount == 0 || _current.Op0Kind != OpKind.Memory || KindOf(_current.Mnemonic) is not { } kind)
        {
            return false;
        }

        int size = _current.MemorySize.GetSize();
        if (size is not (1 or 2 or 4 or 8) || !TryReadSource(out ulong value))
        {
            return false;
        }

        ulong linear = GuestRegisters.LinearAddress(_state, _current);
        if (kind is StoreKind.BitSet or StoreKind.BitReset or StoreKind.BitComplement)
        {
            linear += BitOffsetBytes(ref value, size);
        }

        value &= GuestRegisters.Mask(size);
        operation = new StoreOperation(
            linear, size, kind, value, _state->Rax & GuestRegisters.Mask(size), _current.NextIP);
        return true;
    }

    internal void Complete(in StoreOperation operation, ulong oldValue)
    {
        ulong flags = _state->Rflags;
        int size = operation.Size;
        _state->Rflags = operation.Kind switch
        {
            StoreKind.Add or StoreKind.ExchangeAdd => KeepCarry(flags, ArithmeticFlags.OfAddition(flags, oldValue, operation.Value, size)),
            StoreKind.Subtract => KeepCarry(flags, ArithmeticFlags.OfSubtraction(flags, oldValue, operation.Value, size)),
            StoreKind.CompareExchange => ArithmeticFlags.OfSubtraction(flags, operation.Comparand, oldValue, size),
            StoreKind.And => ArithmeticFlags.OfLogic(flags, oldValue & operation.Value, size),
            StoreKind.Or => ArithmeticFlags.OfLogic(flags, oldValue | operation.Value, size),
            StoreKind.Xor => ArithmeticFlags.OfLogic(flags, oldValue ^ operation.Value, size),
            StoreKind.BitSet or StoreKind.BitReset or StoreKind.BitComplement =>
                (flags & ~ArithmeticFlags.Carry) | ((oldValue & operation.Value) != 0 ? ArithmeticFlags.Carry : 0),
            _ => flags,
        };
        if (operation.Kind == StoreKind.CompareExchange && oldValue != operation.Comparand)
        {
            GuestRegisters.Write(_state, AccumulatorOf(size), oldValue);
        }
        else if (operation.Kind is StoreKind.Exchange or StoreKind.ExchangeAdd)
        {
            GuestRegisters.Write(_state, _current.Op1Register, oldValue);
        }

        _state->Rip = operation.NextRip;
    }

    private static StoreKind? KindOf(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Mov => StoreKind.Write,
        Mnemonic.Cmpxchg => StoreKind.CompareExchange,
        Mnemonic.Xchg => StoreKind.Exchange,
        Mnemonic.Xadd => StoreKind.ExchangeAdd,
        Mnemonic.Add or Mnemonic.Inc => StoreKind.Add,
        Mnemonic.Sub or Mnemonic.Dec => StoreKind.Subtract,
        Mnemonic.And => StoreKind.And,
        Mnemonic.Or => StoreKind.Or,
        Mnemonic.Xor => StoreKind.Xor,
        Mnemonic.Bts => StoreKind.BitSet,
        Mnemonic.Btr => StoreKind.BitReset,
        Mnemonic.Btc => StoreKind.BitComplement,
        _ => null,
    };

    private bool TryReadSource(out ulong value)
    {
        value = 1;
        if (_current.Mnemonic is Mnemonic.Inc or Mnemonic.Dec)
        {
            return true;
        }

        if (_current.Op1Kind == OpKind.Register)
        {
            if (!_current.Op1Register.IsGPR())
            {
                return false;
            }

            value = GuestRegisters.Read(_state, _current.Op1Register);
            return true;
        }

        value = _current.GetImmediate(1);
        return true;
    }

    /// <summary>Turns a bit number into a mask and the distance of its word.</summary>
    private ulong BitOffsetBytes(ref ulong value, int size)
    {
        int bits = size * 8;
        long offset = _current.Op1Kind == OpKind.Register
            ? (long)(value << (64 - bits)) >> (64 - bits)
            : (long)value & (bits - 1);
        value = 1UL << (int)(offset & (bits - 1));
        return (ulong)((offset & ~(long)(bits - 1)) / 8);
    }

    private ulong KeepCarry(ulong before, ulong after) => _current.Mnemonic is Mnemonic.Inc or Mnemonic.Dec
        ? (after & ~ArithmeticFlags.Carry) | (before & ArithmeticFlags.Carry)
        : after;

    private static Register AccumulatorOf(int size) => size switch
    {
        8 => Register.RAX,
        4 => Register.EAX,
        2 => Register.AX,
        _ => Register.AL,
    };
}
