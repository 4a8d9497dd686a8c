// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Instructions that run on the host as they are, with other registers and a checked address.</summary>
internal static class Rewritten
{
    internal static void Emit(BlockTranslator t, in Instruction instruction)
    {
        if (instruction.FlowControl != FlowControl.Next)
        {
            t.EmitSlow(instruction);
            t.FallsThrough = false;
            return;
        }

        if (t.Is64Bit)
        {
            t.EmitRewritten(instruction);
            return;
        }

        Instruction wide = instruction;
        wide.Code = instruction.Code switch
        {
            Code.Inc_r16 => Code.Inc_rm16,
            Code.Inc_r32 => Code.Inc_rm32,
            Code.Dec_r16 => Code.Dec_rm16,
            Code.Dec_r32 => Code.Dec_rm32,
            var same => same,
        };
        t.EmitRewritten(wide);
    }
}
