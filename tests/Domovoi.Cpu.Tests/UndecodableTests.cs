// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Run;
using Domovoi.Cpu.Tests.Machines;
using Domovoi.Memory;

namespace Domovoi.Cpu.Tests;

/// <summary>Bytes that are no instruction: the translator and the second look at them must agree, or they would be looked at for ever.</summary>
public sealed class UndecodableTests : IDisposable
{
    private readonly TestMachine _machine = new();

    public void Dispose() => _machine.Dispose();

    [Theory]
    [InlineData("0F0B")]                                    // UD2
    [InlineData("06")]                                      // PUSH ES has no 64-bit form
    [InlineData("F0C3")]                                    // LOCK RET
    [InlineData("C5FFFFFF")]
    [InlineData("62F1FFFFFFFF")]
    [InlineData("66666666666666666666666666666690")]        // sixteen bytes
    [InlineData("6666666666666666666666666666666666666690")]
    [InlineData("2E2E2E2E2E2E2E2E2E2E2E2E2E2E2E48B80102030405060708")]
    [InlineData("62F17C4858C1")]                            // VADDPS zmm0, zmm0, zmm1: CPUID hides AVX-512
    [InlineData("62F17C0858C1")]                            // the same with xmm registers, of AVX512VL
    [InlineData("62F17C28100F")]                            // VMOVUPS ymm1, [rdi], EVEX
    [InlineData("C5F892C8")]                                // KMOVW k1, eax, which is encoded by VEX
    [InlineData("C5F490CA")]                                // KMOVW k1, k2 with VEX.L, and
    [InlineData("C5EC41CB")]                                // KANDW k1, k2, k3
    public void Bytes_EndInAnException_WhereverTheyStand(string text)
    {
        byte[] bytes = Convert.FromHexString(text);
        ulong next = _machine.Map(TestMachine.Code + 0x1000, PageBits.User | PageBits.Write);
        for (int inFirst = 1; inFirst <= bytes.Length; inFirst++)
        {
            ulong place = TestMachine.Code + 0x1000 - (ulong)inFirst;
            _machine.Memory.TryWrite(PhysicalAddress.OfFrame(_machine.CodeFrame) + (0x1000 - (ulong)inFirst), bytes.AsSpan(0, inFirst));
            _machine.Memory.TryWrite(PhysicalAddress.OfFrame(next), bytes.AsSpan(inFirst));
            _machine.State.Rip = place;
            using Timer watchdog = new(_ => _machine.Cpu.Kick(), null, 2000, Timeout.Infinite);
            Assert.Equal(ExitReason.Exception, _machine.Cpu.Run());
            Assert.Contains(_machine.Exit.Vector, (byte[])[6, 13]);
            Assert.Equal(place, _machine.State.Rip);
        }
    }
}
