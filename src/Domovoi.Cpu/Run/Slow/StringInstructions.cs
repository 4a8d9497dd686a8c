// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Run.Slow;

/// <summary>MOVS, STOS, LODS, CMPS and SCAS, with and without repetition.</summary>
/// <remarks>
/// Repeated moves and fills run page by page on host memory; registers are brought up to date after each run, so a fault or
/// an event finds the instruction restartable (SDM 2B, REP). Elements that cross a page, overlapping runs whose result
/// depends on the order of single moves, and backward runs go one element at a time.
/// </remarks>
internal sealed unsafe class StringInstructions(VirtualCpu cpu)
{
    private const int RunsBeforeYield = 64;

    private readonly CpuState* _state = (CpuState*)cpu.Block;

    private enum Operation
    {
        Move,
        Store,
        Load,
        Compare,
        Scan,
    }

    internal Outcome Execute(in Instruction instruction)
    {
        (Operation operation, int size) = Classify(instruction.Mnemonic);
        Run run = new()
        {
            Operation = operation,
            Size = size,
            AddressMask = AddressMask(instruction),
            Source = instruction.MemorySegment is Register.FS or Register.GS ? instruction.MemorySegment
                : instruction.SegmentPrefix is not Register.None ? instruction.SegmentPrefix : Register.DS,
            Step = (_state->SystemFlags & 0x400) != 0 ? -size : size,
        };
        bool repeat = instruction.HasRepPrefix || instruction.HasRepnePrefix;
        if (!repeat)
        {
            return TryElement(run) ? Outcome.Continue : Outcome.Leave;
        }

        return Repeat(run, instruction.HasRepnePrefix);
    }

    private Outcome Repeat(in Run run, bool whileNotEqual)
    {
        bool compares = run.Operation is Operation.Compare or Operation.Scan;
        for (int runs = 1; Count(run) != 0; runs++)
        {
            if (!TryMany(run))
            {
                if (!TryElement(run))
                {
                    return Outcome.Leave;
                }

                SetCount(run, Count(run) - 1);
            }

            if (compares && ((_state->Rflags & 0x40) != 0) == whileNotEqual)
            {
                break;
            }

            if (runs % RunsBeforeYield == 0 && Volatile.Read(ref _state->Go) == 0 && Count(run) != 0)
            {
                return Outcome.Repeat;
            }
        }

        return Outcome.Continue;
    }

    /// <summary>As many elements as lie in one page on both sides; false when that way is not open.</summary>
    private bool TryMany(in Run run)
    {
        if (run.Step < 0 || run.Operation is not (Operation.Move or Operation.Store))
        {
            return false;
        }

        ulong destination = Destination(run);
        ulong bytes = Math.Min(Count(run), 4096) * (ulong)run.Size;
        bytes = Math.Min(bytes, 4096 - (destination & 0xFFF));
        nint source = 0;
        if (run.Operation == Operation.Move)
        {
            ulong from = SourceAddress(run);
            bytes = Math.Min(bytes, 4096 - (from & 0xFFF));
            bytes -= bytes % (ulong)run.Size;
            source = bytes == 0 ? 0 : cpu.Linear.HostAddressOf(from, (int)bytes, write: false);
            if (source == 0)
            {
                return false;
            }
        }

        bytes -= bytes % (ulong)run.Size;
        nint target = bytes == 0 ? 0 : cpu.Linear.HostAddressOf(destination, (int)bytes, write: true);
        if (target == 0 || (source != 0 && target > source && target < source + (nint)bytes))
        {
            return false;
        }

        if (source != 0)
        {
            Buffer.MemoryCopy((void*)source, (void*)target, bytes, bytes);
            Advance(ref _state->Rsi, run, (long)bytes);
        }
        else
        {
            Fill(target, (int)bytes, run.Size);
        }

        cpu.Linear.NoteWrite(target, (int)bytes);
        Advance(ref _state->Rdi, run, (long)bytes);
        SetCount(run, Count(run) - (bytes / (ulong)run.Size));
        return true;
    }

    private void Fill(nint target, int bytes, int size)
    {
        switch (size)
        {
            case 1: new Span<byte>((void*)target, bytes).Fill((byte)_state->Rax); break;
            case 2: new Span<ushort>((void*)target, bytes / 2).Fill((ushort)_state->Rax); break;
            case 4: new Span<uint>((void*)target, bytes / 4).Fill((uint)_state->Rax); break;
            default: new Span<ulong>((void*)target, bytes / 8).Fill(_state->Rax); break;
        }
    }

    /// <summary>One element, precisely: registers change only when nothing faulted.</summary>
    private bool TryElement(in Run run)
    {
        ulong mask = GuestRegisters.Mask(run.Size);
        ulong value = _state->Rax & mask;
        ulong other = 0;
        bool usesSource = run.Operation is Operation.Move or Operation.Load or Operation.Compare;
        if (usesSource && !TryRead(SourceAddress(run), run.Size, out value))
        {
            return false;
        }

        switch (run.Operation)
        {
            case Operation.Move or Operation.Store:
                if (!cpu.Linear.TryWrite(Destination(run), new ReadOnlySpan<byte>(&value, run.Size)))
                {
                    return false;
                }

                break;
            case Operation.Compare or Operation.Scan:
                if (!TryRead(Destination(run), run.Size, out other))
                {
                    return false;
                }

                _state->Rflags = ArithmeticFlags.OfSubtraction(_state->Rflags, value, other, run.Size);
                break;
            case Operation.Load:
                _state->Rax = run.Size >= 4 ? value : (_state->Rax & ~mask) | value;
                break;
        }

        if (usesSource)
        {
            Advance(ref _state->Rsi, run, run.Step);
        }

        if (run.Operation != Operation.Load)
        {
            Advance(ref _state->Rdi, run, run.Step);
        }

        return true;
    }

    private bool TryRead(ulong linear, int size, out ulong value)
    {
        ulong read = 0;
        bool succeeded = cpu.Linear.TryRead(linear, new Span<byte>(&read, size));
        value = read;
        return succeeded;
    }

    private ulong SourceAddress(in Run run) =>
        GuestRegisters.AddSegment(_state, run.Source, _state->Rsi & run.AddressMask);

    private ulong Destination(in Run run) =>
        GuestRegisters.AddSegment(_state, Register.ES, _state->Rdi & run.AddressMask);

    private ulong Count(in Run run) => _state->Rcx & run.AddressMask;

    private void SetCount(in Run run, ulong value) => _state->Rcx = Merge(_state->Rcx, value, run);

    private static void Advance(ref ulong register, in Run run, long distance) =>
        register = Merge(register, (register & run.AddressMask) + (ulong)distance, run);

    private static ulong Merge(ulong old, ulong value, in Run run) =>
        run.AddressMask == 0xFFFF ? (old & ~0xFFFFUL) | (value & 0xFFFF) : value & run.AddressMask;

    private ulong AddressMask(in Instruction instruction)
    {
        for (int i = 0; i < instruction.OpCount; i++)
        {
            switch (instruction.GetOpKind(i))
            {
                case OpKind.MemorySegRSI or OpKind.MemorySegRDI or OpKind.MemoryESRDI:
                    return ulong.MaxValue;
                case OpKind.MemorySegESI or OpKind.MemorySegEDI or OpKind.MemoryESEDI:
                    return uint.MaxValue;
                case OpKind.MemorySegSI or OpKind.MemorySegDI or OpKind.MemoryESDI:
                    return ushort.MaxValue;
            }
        }

        return _state->LongMode ? ulong.MaxValue : uint.MaxValue;
    }

    private static (Operation Operation, int Size) Classify(Mnemonic mnemonic) => mnemonic switch
    {
        Mnemonic.Movsb => (Operation.Move, 1),
        Mnemonic.Movsw => (Operation.Move, 2),
        Mnemonic.Movsd => (Operation.Move, 4),
        Mnemonic.Movsq => (Operation.Move, 8),
        Mnemonic.Stosb => (Operation.Store, 1),
        Mnemonic.Stosw => (Operation.Store, 2),
        Mnemonic.Stosd => (Operation.Store, 4),
        Mnemonic.Stosq => (Operation.Store, 8),
        Mnemonic.Lodsb => (Operation.Load, 1),
        Mnemonic.Lodsw => (Operation.Load, 2),
        Mnemonic.Lodsd => (Operation.Load, 4),
        Mnemonic.Lodsq => (Operation.Load, 8),
        Mnemonic.Cmpsb => (Operation.Compare, 1),
        Mnemonic.Cmpsw => (Operation.Compare, 2),
        Mnemonic.Cmpsd => (Operation.Compare, 4),
        Mnemonic.Cmpsq => (Operation.Compare, 8),
        Mnemonic.Scasb => (Operation.Scan, 1),
        Mnemonic.Scasw => (Operation.Scan, 2),
        Mnemonic.Scasd => (Operation.Scan, 4),
        _ => (Operation.Scan, 8),
    };

    private readonly struct Run
    {
        internal Operation Operation { get; init; }

        internal int Size { get; init; }

        internal ulong AddressMask { get; init; }

        internal Register Source { get; init; }

        internal int Step { get; init; }
    }
}
