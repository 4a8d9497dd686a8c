// SPDX-License-Identifier: MIT
using Domovoi.Cpu.CodeCache;
using Iced.Intel;

namespace Domovoi.Cpu.Decode;

/// <summary>Finds the end of a block and which flags are live in it.</summary>
/// <remarks>
/// A hot block that ends with a conditional branch to its own beginning holds the loop's body several times: fewer polls, and
/// accesses of several turns that one check can serve. Else a block goes on behind conditional branches and stops at any other transfer, at an instruction that leaves translated
/// code, at the end of the page, when it is full, and at a conditional branch when it is long. Flags are taken as live where control goes somewhere unknown; within
/// the page the next few instructions of the target are looked at (all blocks of a page retire together).
/// </remarks>
internal sealed class BlockDecoder
{
    private const int LookAhead = 8;
    private const int MostTurns = 4;

    private readonly GuestCodeReader _reader = new();
    private readonly Decoder _long;
    private readonly Decoder _compatibility;
    private readonly DecodedBlock _block = new();
    private ulong _page;

    internal BlockDecoder()
    {
        _long = Decoder.Create(64, _reader, HostProcessor.Decoding);
        _compatibility = Decoder.Create(32, _reader, HostProcessor.Decoding);
    }

    /// <summary>Decodes from <paramref name="rip"/>.</summary>
    /// <param name="page">The bytes of the page that holds RIP.</param>
    /// <param name="next">The bytes of the next page, only where one instruction needs them; else empty.</param>
    /// <param name="limit">Most instructions to take.</param>
    /// <param name="repeats">Whether a loop's body is to be taken several times.</param>
    /// <returns>A block that stays valid until the next call; empty when the first instruction needs the next page.</returns>
    internal DecodedBlock Decode(ulong rip, ModeKey mode, ReadOnlySpan<byte> page, ReadOnlySpan<byte> next, int limit, bool repeats = false)
    {
        _page = rip & ~0xFFFUL;
        _reader.Load(page, next);
        Decoder decoder = mode.Is64Bit() ? _long : _compatibility;
        _reader.Position = (int)(rip & 0xFFF);
        decoder.IP = rip;
        _block.Rip = rip;
        _block.Count = 0;
        _block.Spans = false;
        _block.LoopLength = 0;
        while (_block.Count < limit)
        {
            ref Instruction instruction = ref _block.Instructions[_block.Count];
            decoder.Decode(out instruction);
            if (instruction.IsInvalid && decoder.LastError == DecoderError.NoMoreBytes)
            {
                break;
            }

            bool spans = (instruction.IP ^ rip) >= 0x1000 || ((instruction.NextIP - 1) ^ rip) >= 0x1000;
            if (spans && _block.Count > 0)
            {
                break;
            }

            _block.Count++;
            _block.Spans = spans;
            _block.EndRip = instruction.NextIP;
            if (repeats && IsLoop(instruction, rip))
            {
                RepeatBody(Math.Clamp(DecodedBlock.UsualLength / _block.Count, 1, MostTurns));
                break;
            }

            if (spans || EndsBlock(instruction) || IsLongEnough(instruction) || (instruction.NextIP & 0xFFF) == 0)
            {
                break;
            }
        }

        ComputeLiveness(decoder);
        return _block;
    }

    private static bool IsLoop(in Instruction instruction, ulong start) =>
        instruction.IsJccShortOrNear && instruction.NearBranchTarget == start;

    /// <summary>The block holds a loop's body: appends it again.</summary>
    private void RepeatBody(int turns)
    {
        _block.LoopLength = _block.Count;
        for (int turn = 1; turn < turns; turn++)
        {
            Array.Copy(_block.Instructions, 0, _block.Instructions, turn * _block.LoopLength, _block.LoopLength);
        }

        _block.Count = turns * _block.LoopLength;
    }

    private bool IsLongEnough(in Instruction last) =>
        _block.Count >= DecodedBlock.UsualLength && last.FlowControl == FlowControl.ConditionalBranch;

    private static bool EndsBlock(in Instruction instruction) => instruction.FlowControl switch
    {
        FlowControl.Next => Translate.SlowInstructions.EndsBlock(instruction),
        FlowControl.ConditionalBranch => instruction.Mnemonic is Mnemonic.Loop or Mnemonic.Loope or Mnemonic.Loopne
            or Mnemonic.Jcxz or Mnemonic.Jecxz or Mnemonic.Jrcxz,
        _ => true,
    };

    private void ComputeLiveness(Decoder decoder)
    {
        if (_block.Count == 0)
        {
            return;
        }

        ref Instruction last = ref _block.Instructions[_block.Count - 1];
        RflagsBits live = last.FlowControl switch
        {
            FlowControl.Next or FlowControl.ConditionalBranch when !Translate.SlowInstructions.EndsBlock(last) =>
                LiveAt(decoder, last.NextIP),
            FlowControl.UnconditionalBranch or FlowControl.Call when last.Op0Kind is OpKind.NearBranch64 or OpKind.NearBranch32 =>
                LiveAt(decoder, last.NearBranchTarget),
            _ => FlagLiveness.Arithmetic,
        };
        for (int i = _block.Count - 1; i >= 0; i--)
        {
            ref Instruction instruction = ref _block.Instructions[i];
            if (instruction.FlowControl == FlowControl.ConditionalBranch)
            {
                live |= LiveAt(decoder, _block.FollowsTaken(i) ? instruction.NextIP : instruction.NearBranchTarget);
            }

            live = FlagLiveness.Before(instruction, live);
            _block.LiveBefore[i] = live;
        }
    }

    /// <summary>The flags that code at <paramref name="rip"/> needs, as far as a short look shows.</summary>
    private RflagsBits LiveAt(Decoder decoder, ulong rip)
    {
        if ((rip & ~0xFFFUL) != _page || _block.Spans)
        {
            return FlagLiveness.Arithmetic;
        }

        _reader.Position = (int)(rip & 0xFFF);
        decoder.IP = rip;
        RflagsBits needed = RflagsBits.None;
        RflagsBits undecided = FlagLiveness.Arithmetic;
        for (int i = 0; i < LookAhead; i++)
        {
            decoder.Decode(out Instruction instruction);
            if (instruction.IsInvalid || instruction.FlowControl != FlowControl.Next
                || Translate.SlowInstructions.EndsBlock(instruction) || ((instruction.NextIP - 1) ^ rip) >= 0x1000)
            {
                break;
            }

            needed |= FlagLiveness.Before(instruction, RflagsBits.None) & undecided;
            undecided &= FlagLiveness.Before(instruction, FlagLiveness.Arithmetic);
            undecided &= ~needed;
            if (undecided == RflagsBits.None)
            {
                return needed;
            }
        }

        return needed | undecided;
    }
}
