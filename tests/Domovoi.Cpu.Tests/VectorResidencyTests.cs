// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Memory;
using Iced.Intel;
using static Iced.Intel.AssemblerRegisters;

namespace Domovoi.Cpu.Tests;

/// <summary>Each instruction that reads the vector registers finds the guest's there, whatever C# did with the host's before.</summary>
public sealed class VectorResidencyTests : IDisposable
{
    private const ulong Image = TestMachine.Data;
    private const int Xmm3 = 160 + (3 * 16);

    private readonly TestMachine _machine = new(CpuMode.Kernel);

    public void Dispose() => _machine.Dispose();

    public static TheoryData<string> Savers => ["fxsave", "xsave", "xsaveopt", "xsavec", "movups"];

    [Theory]
    [MemberData(nameof(Savers))]
    public void Register_SavedByTheFirstInstruction_IsTheGuests(string saver)
    {
        ulong frame = _machine.Map(Image, PageBits.User | PageBits.Write);
        byte[] state = new byte[832];
        _machine.Cpu.GetVectorState(state);
        state.AsSpan(Xmm3, 16).Fill(0x5A);
        _machine.Cpu.SetVectorState(state);
        _machine.RunToHalt(c => { c.mov(rbx, Image); c.mov(eax, 7); c.xor(edx, edx); Save(c, saver); });
        byte[] saved = new byte[16];
        Assert.True(_machine.Memory.TryRead(PhysicalAddress.OfFrame(frame) + Xmm3, saved));
        Assert.Equal(state[Xmm3..(Xmm3 + 16)], saved);
    }

    private static void Save(Assembler c, string saver)
    {
        switch (saver)
        {
            case "fxsave": c.fxsave(__[rbx]); break;
            case "xsave": c.xsave(__[rbx]); break;
            case "xsaveopt": c.xsaveopt(__[rbx]); break;
            case "xsavec": c.xsavec(__[rbx]); break;
            default: c.movups(__xmmword_ptr[rbx + Xmm3], xmm3); break;
        }
    }
}
