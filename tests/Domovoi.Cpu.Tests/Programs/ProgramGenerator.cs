// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Cases;
using Domovoi.Cpu.Tests.Generation;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Programs;

/// <summary>Puts programs together that share registers, memory and flags, with branches, calls, returns and loops.</summary>
/// <remarks>Wild accesses happen, and then fault on both sides alike. The same seed gives the same programs.</remarks>
internal sealed class ProgramGenerator(int seed)
{
    private const int PoolSize = 1024;
    private const int ProgramsOfAPool = 4096;

    /// <summary>Flags that conditions 0 to 15 read, two by two: SDM 2A appendix B.1.4.7.</summary>
    private static readonly ulong[] _conditionFlags = [0x800, 0x1, 0x40, 0x41, 0x80, 0x4, 0x880, 0x8C0];

    private readonly Random _random = new(seed);
    private readonly List<(int Field, int Length, int Target)> _holes = [];
    private int _left;

    internal InstructionPool Pool { get; private set; } = null!;

    /// <summary>Replaces <paramref name="program"/> by the next one.</summary>
    internal void Draw(RandomProgram program)
    {
        if (_left-- == 0)
        {
            Pool = new InstructionPool(_random, PoolSize);
            _left = ProgramsOfAPool - 1;
        }

        do
        {
            Compose(program);
        }
        while (!program.TryAnalyze());
    }

    /// <summary>Replaces <paramref name="state"/> by a random one for a program of the last pool.</summary>
    internal void Draw(RandomState state, RandomProgram program) => state.Draw(_random, Pool, program);

    private void Compose(RandomProgram program)
    {
        bool vectors = _random.Next(3) == 0;
        ulong start = AddressMap.Code + (ulong)(_random.Next(3) == 0 ? 0x1000 - _random.Next(1, 150) : _random.Next(0x100, 0xE00));
        start += _random.Next(8) == 0 ? AddressMap.CodeAlias - AddressMap.Code : 0;
        program.Begin(start, Pool.Roles, vectors);
        _holes.Clear();
        int length = _random.Next(16) == 0 ? _random.Next(60, 221) : _random.Next(4, 41);
        int exotic = _random.Next(4) * 10;
        bool wanders = _random.Next(10) == 0;
        while (program.Count < length)
        {
            AddOne(program, vectors, exotic, wanders, length);
        }

        AddLoop(program);
        foreach ((int field, int size, int target) in _holes)
        {
            int distance = (int)(program.AddressOfInstruction(Math.Min(target, program.Count)) - program.Start)
                + (int)(program.Start & (AddressMap.CodeLength - 1)) - (field + size);
            WriteField(program, field, size, distance);
        }

        program.Room[0] = 0xE9;
        WriteField(program, program.End + 1, 4, (int)((long)AddressMap.Exit64 - (long)program.EndAddress - 5));
    }

    private void AddOne(RandomProgram program, bool vectors, int exotic, bool wanders, int length)
    {
        if (_random.Next(10) == 0)
        {
            AddBranch(program, length);
        }
        else if (_random.Next(14) == 0)
        {
            Add(program, Pool.Stack[_random.Next(Pool.Stack.Length)]);
        }
        else if (wanders && _random.Next(8) == 0)
        {
            AddWandering(program, length);
        }
        else
        {
            PooledInstruction[] from = _random.Next(100) < exotic || (vectors && _random.Next(2) == 0) ? Pool.Rest : Pool.Common;
            Add(program, from[_random.Next(from.Length)]);
        }
    }

    private void Add(RandomProgram program, in PooledInstruction instruction)
    {
        Pool.Place(in instruction, program.Room, program.EndAddress);
        program.Add(instruction.Length, instruction.Read, instruction.Written, instruction.Undefined);
    }

    /// <summary>A branch forwards, at most to the exit.</summary>
    private void AddBranch(RandomProgram program, int length)
    {
        int target = Forwards(program, length);
        int condition = _random.Next(16);
        ulong read = _conditionFlags[condition >> 1];
        switch (_random.Next(16))
        {
            case 0:
                AddBranch(program, [0xEB], 1, 0, Flow.Target, target);
                break;
            case 1:
                AddBranch(program, [0xE3], 1, 0, Flow.Either, target);
                break;
            case 2:
                AddBranch(program, [0x67, 0xE3], 1, 0, Flow.Either, target);
                break;
            case 3:
                AddBranch(program, [0xE8], 4, 0, Flow.Either, target);
                break;
            case < 10:
                AddBranch(program, [(byte)(0x70 | condition)], 1, read, Flow.Either, target);
                break;
            default:
                AddBranch(program, [0x0F, (byte)(0x80 | condition)], 4, read, Flow.Either, target);
                break;
        }
    }

    /// <summary>A return, or a jump or call through a register.</summary>
    private void AddWandering(RandomProgram program, int length)
    {
        if (_random.Next(3) == 0 || program.Count + 2 > length)
        {
            program.Room[0] = 0xC3;
            program.Add(1, 0, 0, 0, Flow.Anywhere);
            return;
        }

        int target = Forwards(program, length);
        int register = Pool.FreeRegister() - Register.RAX;
        byte high = (byte)(register >> 3);
        ((ReadOnlySpan<byte>)[(byte)(0x48 | (high << 2)), 0x8D, (byte)(5 | ((register & 7) << 3))]).CopyTo(program.Room);
        _holes.Add((program.End + 3, 4, Math.Max(target, program.Count + 2)));
        program.Add(7, 0, 0, 0);
        bool call = _random.Next(2) == 0;
        byte form = (byte)((call ? 0xD0 : 0xE0) | (register & 7));
        ReadOnlySpan<byte> jump = high != 0 ? [0x41, 0xFF, form] : [0xFF, form];
        jump.CopyTo(program.Room);
        program.Add(jump.Length, 0, 0, 0, Flow.AnywhereAndBack);
    }

    private int Forwards(RandomProgram program, int length)
    {
        int target = program.Count + 1 + _random.Next(1, 6);
        return target > length ? length : target;
    }

    /// <summary>Half of the programs go back once they are through, as often as the counter says.</summary>
    private void AddLoop(RandomProgram program)
    {
        if (_random.Next(2) == 0)
        {
            return;
        }

        const ulong written = 0x8D4;
        int counter = program.Roles.Counter;
        byte rex = (byte)(0x48 | (counter >> 3));
        ReadOnlySpan<byte> count = _random.Next(2) == 0
            ? [rex, 0xFF, (byte)(0xC8 | (counter & 7))]
            : [rex, 0x83, (byte)(0xE8 | (counter & 7)), 1];
        count.CopyTo(program.Room);
        int head = _random.Next(program.Count);
        program.Add(count.Length, 0, count.Length == 4 ? written | 1 : written, 0);
        bool far = program.EndAddress - program.AddressOfInstruction(head) > 120 || _random.Next(2) == 0;
        bool greater = _random.Next(2) == 0;
        ReadOnlySpan<byte> back = (far, greater) switch
        {
            (true, true) => [0x0F, 0x8F],
            (true, false) => [0x0F, 0x85],
            (false, true) => [0x7F],
            _ => [0x75],
        };
        AddBranch(program, back, far ? 4 : 1, greater ? 0x8C0UL : 0x40UL, Flow.Either, head);
    }

    private void AddBranch(RandomProgram program, ReadOnlySpan<byte> opcode, int size, ulong read, Flow flow, int target)
    {
        opcode.CopyTo(program.Room);
        _holes.Add((program.End + opcode.Length, size, target));
        program.Add(opcode.Length + size, read, 0, 0, flow, target);
    }

    private static void WriteField(RandomProgram program, int field, int size, int value)
    {
        if (size == 1)
        {
            program.Image[field] = unchecked((byte)checked((sbyte)value));
        }
        else
        {
            BitConverter.TryWriteBytes(program.Image.AsSpan(field), value);
        }
    }
}
