// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Writes a guest instruction, its operands already exchanged for the host's, through Iced's encoder.</summary>
internal sealed class GuestEncoder
{
    private readonly HostAssembler _assembler;
    private readonly Encoder _encoder;

    internal GuestEncoder(HostAssembler assembler)
    {
        _assembler = assembler;
        _encoder = Encoder.Create(64, new Writer(assembler));
    }

    /// <summary>Encodes at the assembler's position.</summary>
    /// <exception cref="InvalidOperationException">The instruction has no 64-bit encoding.</exception>
    internal void Write(in Instruction instruction)
    {
        if (!_encoder.TryEncode(instruction, (ulong)_assembler.Position, out _, out string? error))
        {
            throw new InvalidOperationException($"{instruction}: {error}");
        }
    }

    private sealed class Writer(HostAssembler assembler) : CodeWriter
    {
        public override void WriteByte(byte value) => assembler.Byte(value);
    }
}
