// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Programs;

/// <summary>An encoded instruction and what it does to the flags, in the places of RFLAGS.</summary>
/// <param name="Offset">Where its bytes begin in the pool's.</param>
/// <param name="RipField">Offset of a displacement to RIP in the instruction; 0 when it has none.</param>
/// <param name="Written">Flags it surely replaces.</param>
internal readonly record struct PooledInstruction(int Offset, int Length, int RipField, ulong Read, ulong Written, ulong Undefined);

/// <summary>What some thousand programs are put together from: encoded instructions, vector states, data pages.</summary>
/// <remarks>
/// Planning and encoding an instruction costs more than everything else that is done to it, so it is done for the pool.
/// </remarks>
internal sealed class InstructionPool
{
    private const ulong EncodedAt = AddressMap.Code;

    private readonly List<byte> _bytes = [];
    private readonly Encoder _encoder;
    private readonly InstructionPicker _picker;

    internal InstructionPool(Random random, int size)
    {
        Roles = RegisterRoles.Choose(random);
        _picker = new InstructionPicker(random, Roles);
        _encoder = Encoder.Create(64, new ByteWriter(_bytes));
        Common = Fill(size, _picker.Common);
        Rest = Fill(size, _picker.Rest);
        Stack = Fill(size / 8, _picker.StackInstruction);
        Bytes = [.. _bytes];
        Integers = [.. Enumerable.Range(0, 32).Select(_ => XsaveImage.Random(random, floats: false))];
        Floats = [.. Enumerable.Range(0, 32).Select(_ => XsaveImage.Random(random, floats: true))];
        IntegerData = [DataImages.Random, DataImages.Zeros, DataImages.MakeIntegers(random), DataImages.MakeIntegers(random)];
        FloatData = [DataImages.Random, DataImages.MakeIntegers(random), DataImages.MakeFloats(random), DataImages.MakeFloats(random)];
    }

    internal RegisterRoles Roles { get; }

    internal byte[] Bytes { get; }

    internal PooledInstruction[] Common { get; }

    internal PooledInstruction[] Rest { get; }

    internal PooledInstruction[] Stack { get; }

    internal byte[][] Integers { get; }

    internal byte[][] Floats { get; }

    internal byte[][] IntegerData { get; }

    internal byte[][] FloatData { get; }

    internal Register FreeRegister() => _picker.FreeRegister();

    /// <summary>Copies an instruction to its place at an address.</summary>
    internal void Place(in PooledInstruction instruction, Span<byte> target, ulong address)
    {
        Bytes.AsSpan(instruction.Offset, instruction.Length).CopyTo(target);
        if (instruction.RipField != 0)
        {
            Span<byte> field = target.Slice(instruction.RipField, 4);
            BitConverter.TryWriteBytes(field, BitConverter.ToInt32(field) + (int)((long)EncodedAt - (long)address));
        }
    }

    private PooledInstruction[] Fill(int count, Func<Instruction> draw)
    {
        var pool = new PooledInstruction[count];
        for (int i = 0; i < count;)
        {
            if (TryEncode(draw(), out pool[i]))
            {
                i++;
            }
        }

        return pool;
    }

    private bool TryEncode(in Instruction instruction, out PooledInstruction pooled)
    {
        pooled = default;
        int start = _bytes.Count;
        if (!_encoder.TryEncode(instruction, EncodedAt, out uint length, out _))
        {
            _bytes.RemoveRange(start, _bytes.Count - start);
            return false;
        }

        ConstantOffsets constants = _encoder.GetConstantOffsets();
        byte[] encoded = [.. _bytes.Skip(start)];
        Instruction decoded = Decoder.Create(64, encoded, EncodedAt).Decode();
        if (decoded.Code != instruction.Code)
        {
            _bytes.RemoveRange(start, _bytes.Count - start);
            return false;
        }

        pooled = new PooledInstruction(
            start, (int)length, decoded.IsIPRelativeMemoryOperand ? constants.DisplacementOffset : 0,
            Comparison.Flags(decoded.RflagsRead), FlagTaint.SurelyWritten(decoded), Comparison.Flags(decoded.RflagsUndefined));
        return true;
    }

    private sealed class ByteWriter(List<byte> bytes) : CodeWriter
    {
        public override void WriteByte(byte value) => bytes.Add(value);
    }
}
