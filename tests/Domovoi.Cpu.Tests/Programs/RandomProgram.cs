// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Programs;

/// <summary>Where an instruction goes on.</summary>
internal enum Flow : byte
{
    Next,

    /// <summary>To its target or the next one: a conditional branch, or a call that returns.</summary>
    Either,

    Target,

    /// <summary>Anywhere in the program: through a register, or back to what the stack holds.</summary>
    Anywhere,

    /// <summary>Anywhere, and to the next one when it returns.</summary>
    AnywhereAndBack,
}

/// <summary>A program of some instructions in two code pages. One object serves for many programs, one after the other.</summary>
internal sealed class RandomProgram
{
    internal const int Capacity = 256;
    private const ulong ArithmeticFlags = 0x8D5;

    private readonly ulong[] _tainted = new ulong[Capacity + 1];
    private readonly ulong[] _read = new ulong[Capacity];
    private readonly ulong[] _written = new ulong[Capacity];
    private readonly ulong[] _undefined = new ulong[Capacity];
    private readonly Flow[] _flow = new Flow[Capacity];
    private readonly int[] _target = new int[Capacity];
    private readonly int[] _offset = new int[Capacity + 1];

    /// <summary>Both code pages.</summary>
    internal byte[] Image { get; } = new byte[AddressMap.CodeLength];

    /// <summary>Where the first instruction lies, in the code pages or their alias.</summary>
    internal ulong Start { get; private set; }

    internal int Count { get; private set; }

    internal RegisterRoles Roles { get; private set; }

    internal bool UsesFloats { get; private set; }

    /// <summary>RFLAGS bits that the program leaves undefined.</summary>
    internal ulong UndefinedFlags { get; private set; }

    /// <summary>The place behind the last instruction.</summary>
    internal int End { get; private set; }

    internal void Begin(ulong start, RegisterRoles roles, bool usesFloats)
    {
        Array.Fill(Image, (byte)0xCC);
        (Start, Roles, UsesFloats, Count) = (start, roles, usesFloats, 0);
        End = (int)(start & (AddressMap.CodeLength - 1));
    }

    /// <summary>The address behind the last instruction.</summary>
    internal ulong EndAddress => AddressOf(End);

    internal Span<byte> Room => Image.AsSpan(End);

    /// <summary>Takes <paramref name="length"/> bytes, which are already in their place, as the next instruction.</summary>
    internal void Add(int length, ulong read, ulong written, ulong undefined, Flow flow = Flow.Next, int target = -1)
    {
        (_read[Count], _written[Count], _undefined[Count]) = (read, written, undefined);
        (_flow[Count], _target[Count], _offset[Count]) = (flow, target, End);
        Count++;
        End += length;
    }

    /// <summary>The address of instruction n; that of the exit jump for <see cref="Count"/>.</summary>
    internal ulong AddressOfInstruction(int index) => AddressOf(index == Count ? End : _offset[index]);

    /// <summary>
    /// Follows flags that instructions leave undefined; false when one may be read, for then the program proves nothing.
    /// </summary>
    internal bool TryAnalyze()
    {
        _tainted.AsSpan(0, Count + 1).Clear();
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = 0; i < Count; i++)
            {
                ulong flags = (_tainted[i] & ~_written[i]) | _undefined[i];
                if ((_tainted[i] & _read[i]) != 0)
                {
                    return false;
                }

                changed |= Spread(i, flags);
            }
        }

        UndefinedFlags = _tainted[Count];
        return true;
    }

    private bool Spread(int index, ulong flags)
    {
        bool changed = false;
        if (_flow[index] is Flow.Next or Flow.Either or Flow.AnywhereAndBack)
        {
            changed = Merge(index + 1, flags);
        }

        if (_flow[index] is Flow.Either or Flow.Target)
        {
            changed |= Merge(_target[index], flags);
        }

        if (_flow[index] is Flow.Anywhere or Flow.AnywhereAndBack)
        {
            for (int i = 0; i <= Count; i++)
            {
                changed |= Merge(i, flags);
            }
        }

        return changed;
    }

    private bool Merge(int index, ulong flags)
    {
        ulong before = _tainted[index];
        _tainted[index] = before | flags;
        return _tainted[index] != before;
    }

    /// <summary>Flags that need not agree when the program faults at an address: see <see cref="Comparison"/>.</summary>
    internal ulong FlagsOpenAt(ulong rip)
    {
        int offset = (int)(rip - Start) + _offset[0];
        int index = Array.IndexOf(_offset, offset, 0, Count);
        if (index < 0 || AddressOf(offset) != rip)
        {
            return ArithmeticFlags;
        }

        ulong read = 0;
        ulong open = ArithmeticFlags;
        for (; index < Count; index++)
        {
            read |= open & _read[index];
            open &= ~_written[index];
            if (_flow[index] != Flow.Next)
            {
                return UndefinedFlags | (ArithmeticFlags & ~read);
            }
        }

        return UndefinedFlags | (ArithmeticFlags & ~(read | open));
    }

    /// <summary>The program with one start state as a case of its own, which can be made smaller and described.</summary>
    internal CpuCase ToCase(RandomState state)
    {
        var test = new CpuCase
        {
            Start = Start,
            General = [.. state.General],
            Rflags = state.Rflags,
            Xsave = state.Xsave,
            Data = state.Data,
            KeepsBranchLengths = true,
            UndefinedFlags = UndefinedFlags,
        };
        for (int i = 0; i < Count; i++)
        {
            int end = i + 1 == Count ? End : _offset[i + 1];
            Instruction instruction = Decoder.Create(64, Image[_offset[i]..end], AddressOf(_offset[i])).Decode();
            instruction.IP = (ulong)i + 1;
            if (_target[i] >= 0 && instruction.Op0Kind == OpKind.NearBranch64)
            {
                instruction.NearBranch64 = _target[i] == Count ? CpuCase.ExitLabel : (ulong)_target[i] + 1;
            }

            test.Program.Add(instruction);
        }

        test.UseImage(Image, [.. Enumerable.Range(0, Count + 1).Select(AddressOfInstruction)]);
        return test;
    }

    private ulong AddressOf(int offset) => Start + (ulong)(offset - (int)(Start & (AddressMap.CodeLength - 1)));
}
