// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Tests.Generation;
using Domovoi.Cpu.Tests.Machines;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Follows a program step by step, for those that do not do what they were drawn for.</summary>
/// <remarks>
/// No program is drawn that reads a flag which an instruction left undefined. But one that rewrites itself, or goes on amid an instruction,
/// may do so: in <c>xor al, 9Ch</c> there is a PUSHFQ. Such a program proves nothing.
/// </remarks>
internal static class FlagTrace
{
    private const int MostSteps = 20_000;
    private const int LongestInstruction = 15;
    private const ulong TrapFlag = 0x100;

    /// <summary>Whether an instruction that a case carries out reads a flag that an earlier one left undefined.</summary>
    internal static bool ReadsUndefined(CpuCase test, GuestProcessor guest)
    {
        if (!test.Is64Bit)
        {
            return false;
        }

        var state = new MachineState();
        ulong tainted = 0;
        guest.Load(test, test.Rflags | TrapFlag);
        for (int step = 0; step < MostSteps; step++)
        {
            if (!TryDecode(guest.Cpu, out Instruction instruction))
            {
                return false;
            }

            if ((tainted & Comparison.Flags(instruction.RflagsRead)) != 0)
            {
                return true;
            }

            guest.Run(state);
            if (state is not { Ending: Ending.Exception, Vector: 1 })
            {
                return false;
            }

            tainted = (tainted & ~FlagTaint.SurelyWritten(instruction)) | Comparison.Flags(instruction.RflagsUndefined);
        }

        return false;
    }

    private static bool TryDecode(VirtualCpu cpu, out Instruction instruction)
    {
        ulong rip = cpu.State.Rip;
        byte[] bytes = new byte[LongestInstruction];
        int length = cpu.TryRead(rip, bytes) ? bytes.Length : AddressMap.PageSize - (int)(rip & (AddressMap.PageSize - 1));
        if (length < LongestInstruction && !cpu.TryRead(rip, bytes.AsSpan(0, length)))
        {
            instruction = default;
            return false;
        }

        instruction = Decoder.Create(64, new ByteArrayCodeReader(bytes, 0, Math.Min(length, LongestInstruction)), rip).Decode();
        return true;
    }
}
