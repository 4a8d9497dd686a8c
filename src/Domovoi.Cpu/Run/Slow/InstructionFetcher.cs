// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Decode;
using Domovoi.Cpu.Mmu;
using Domovoi.Memory;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>Reads and decodes the instruction at RIP.</summary>
internal sealed class InstructionFetcher
{
    private const int LongestInstruction = 15;

    private readonly VirtualCpu _cpu;
    private readonly GuestMemory _memory;
    private readonly GuestCodeReader _reader = new();
    private readonly Decoder _long;
    private readonly Decoder _compatibility;

    internal InstructionFetcher(VirtualCpu cpu, GuestMemory memory)
    {
        _cpu = cpu;
        _memory = memory;
        _long = Decoder.Create(64, _reader, DecoderOptions.None);
        _compatibility = Decoder.Create(32, _reader, DecoderOptions.None);
    }

    /// <summary>Decodes at RIP; false when the bytes cannot be fetched.</summary>
    internal bool TryFetch(out Instruction instruction)
    {
        ulong rip = _cpu.State.Rip;
        Span<byte> bytes = stackalloc byte[LongestInstruction];
        int available = 0;
        while (available < LongestInstruction)
        {
            ulong at = rip + (ulong)available;
            int run = Math.Min(LongestInstruction - available, 4096 - (int)(at & 0xFFF));
            if (!_cpu.Linear.TryTranslate(at, Access.Execute, out PhysicalAddress address, out _)
                || !_memory.TryRead(address, bytes.Slice(available, run)))
            {
                break;
            }

            available += run;
        }

        _reader.Load(bytes[..available], default);
        Decoder decoder = _cpu.Key.Is64Bit() ? _long : _compatibility;
        decoder.IP = rip;
        decoder.Decode(out instruction);
        return available > 0 && !(instruction.IsInvalid && decoder.LastError == DecoderError.NoMoreBytes);
    }
}
