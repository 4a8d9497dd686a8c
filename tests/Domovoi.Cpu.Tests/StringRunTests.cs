// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Mmu;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Machines;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>REP MOVS and REP STOS over pages whose frames lie in a row in the host's memory, or do not.</summary>
public sealed class StringRunTests : IDisposable
{
    private const int Pages = 40;
    private const ulong Source = TestMachine.Data;
    private const ulong Target = TestMachine.Data + 0x10_0000;
    private const ulong Skew = 0x123;

    private readonly TestMachine _machine = new(CpuMode.User);

    /// <summary>What follows what in the host's memory.</summary>
    public enum Order
    {
        Rising,
        Falling,
        Shuffled,
        Pairs,
    }

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData(Order.Rising, Order.Rising)]
    [InlineData(Order.Rising, Order.Shuffled)]
    [InlineData(Order.Pairs, Order.Rising)]
    [InlineData(Order.Pairs, Order.Pairs)]
    [InlineData(Order.Falling, Order.Shuffled)]
    public void Bytes_AreWhereTheGuestSeesThem(Order source, Order target)
    {
        ulong[] from = Map(Source, source);
        ulong[] to = Map(Target, target);
        for (int i = 0; i < Pages; i++)
        {
            new Random(i).NextBytes(_machine.Memory.Frame(from[i]));
        }

        for (int power = 0; power <= 3; power++)
        {
            int bytes = ((Pages - 2) * 4096) >> power << power;
            Assert.Equal(ExitReason.Privileged, _machine.Run(c =>
            {
                TouchAll(c, Source);
                TouchAll(c, Target);
                Repeat(c, moves: false, power, Target, bytes);
                Repeat(c, moves: true, power, Target + Skew, bytes);
            }));
            Assert.Equal(0UL, _machine.State.Rcx);
            Assert.Equal(Source + (ulong)bytes, _machine.State.Rsi);
            Assert.Equal(Target + Skew + (ulong)bytes, _machine.State.Rdi);
            Assert.Equal(All(from)[..bytes], All(to)[(int)Skew..((int)Skew + bytes)]);
            Assert.All(All(to)[1..(int)Skew], value => Assert.Equal(0x5A, value));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Run_EndsWhereTheNextPageIsReadOnly(int power)
    {
        ulong[] to = Map(Target, Order.Rising);
        _machine.Space.Entry(Target + (20 * 4096), 1) &= ~(ulong)PageBits.Write;
        Assert.Equal(ExitReason.Exception, _machine.Run(c =>
        {
            for (int i = 0; i < Pages; i++)
            {
                c.mov(rdi, Target + (ulong)(i * 4096));
                c.cmp(__byte_ptr[rdi], 1);
                if (i != 20)
                {
                    c.mov(__byte_ptr[rdi], 0);
                }
            }

            Repeat(c, moves: false, power, Target, Pages * 4096);
        }));
        Assert.Equal(Target + (20 * 4096), _machine.Exit.FaultAddress);
        Assert.Equal(Target + (20 * 4096), _machine.State.Rdi);
        Assert.Equal((ulong)(20 * 4096) >> power, ((ulong)(Pages * 4096) >> power) - _machine.State.Rcx);
        Assert.All(All(to)[..(20 * 4096)], value => Assert.Equal(0x5A, value));
        Assert.All(All(to)[((20 * 4096) + 1)..], value => Assert.Equal(0, value));
    }

    private static void TouchAll(Assembler c, ulong first)
    {
        for (int i = 0; i < Pages; i++)
        {
            c.mov(rdi, first + (ulong)(i * 4096));
            c.or(__byte_ptr[rdi], 0);
        }
    }

    private static void Repeat(Assembler c, bool moves, int power, ulong target, int bytes)
    {
        c.mov(rsi, Source);
        c.mov(rdi, target);
        c.mov(rcx, bytes >> power);
        c.mov(rax, 0x5A5A5A5A5A5A5A5AL);
        switch (power, moves)
        {
            case (0, true): c.rep.movsb(); break;
            case (1, true): c.rep.movsw(); break;
            case (2, true): c.rep.movsd(); break;
            case (3, true): c.rep.movsq(); break;
            case (0, false): c.rep.stosb(); break;
            case (1, false): c.rep.stosw(); break;
            case (2, false): c.rep.stosd(); break;
            default: c.rep.stosq(); break;
        }
    }

    private ulong[] Map(ulong first, Order order)
    {
        ulong[] frames = [.. Enumerable.Range(0, Pages).Select(_ => _machine.TakeFrame())];
        switch (order)
        {
            case Order.Falling: Array.Reverse(frames); break;
            case Order.Shuffled: new Random(3).Shuffle(frames); break;
            case Order.Pairs: frames = [.. frames.Chunk(2).Reverse().SelectMany(pair => pair)]; break;
        }

        for (int i = 0; i < Pages; i++)
        {
            _machine.Space.Map(first + (ulong)(i * 4096), frames[i], PageBits.User | PageBits.Write);
        }

        return frames;
    }

    private byte[] All(ulong[] frames) => [.. frames.SelectMany(frame => _machine.Memory.Frame(frame).ToArray())];
}
