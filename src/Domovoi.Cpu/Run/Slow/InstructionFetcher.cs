// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.Decode;
using Domovoi.Cpu.Mmu;
using Domovoi.Memory;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>Reads and decodes the instruction at RIP.</summary>
/// <remarks>The same few instructions come again and again: while their bytes are the same, so is what they were decoded to.</remarks>
internal sealed class InstructionFetcher
{
    private const int LongestInstruction = 15;
    private const int KnownInstructions = 256;

    private readonly VirtualCpu _cpu;
    private readonly GuestMemory _memory;
    private readonly GuestCodeReader _reader = new();
    private readonly Decoder _long;
    private readonly Decoder _compatibility;
    private readonly Known[] _known = new Known[KnownInstructions];

    private record struct Known(bool IsDecoded, ulong Rip, bool IsLong, ulong Head, ulong Tail, Instruction Instruction);

    internal InstructionFetcher(VirtualCpu cpu, GuestMemory memory)
    {
        _cpu = cpu;
        _memory = memory;
        _long = Decoder.Create(64, _reader, HostProcessor.Decoding);
        _compatibility = Decoder.Create(32, _reader, HostProcessor.Decoding);
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

        return available == LongestInstruction ? Recall(rip, bytes, out instruction) : TryDecode(rip, bytes[..available], out instruction);
    }

    private bool Recall(ulong rip, ReadOnlySpan<byte> bytes, out Instruction instruction)
    {
        ulong head = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        ulong tail = BinaryPrimitives.ReadUInt64LittleEndian(bytes[^sizeof(ulong)..]);
        bool isLong = _cpu.Key.Is64Bit();
        ref Known known = ref _known[(int)(rip ^ (rip >> 8)) & (KnownInstructions - 1)];
        if (!known.IsDecoded || known.Rip != rip || known.Head != head || known.Tail != tail || known.IsLong != isLong)
        {
            known = TryDecode(rip, bytes, out Instruction decoded) ? new Known(true, rip, isLong, head, tail, decoded) : default;
        }

        instruction = known.Instruction;
        return known.IsDecoded;
    }

    private bool TryDecode(ulong rip, ReadOnlySpan<byte> bytes, out Instruction instruction)
    {
        _reader.Load(bytes, default);
        Decoder decoder = _cpu.Key.Is64Bit() ? _long : _compatibility;
        decoder.IP = rip;
        decoder.Decode(out instruction);
        return !bytes.IsEmpty && !(instruction.IsInvalid && decoder.LastError == DecoderError.NoMoreBytes);
    }
}
