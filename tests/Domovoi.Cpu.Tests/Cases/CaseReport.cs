// SPDX-License-Identifier: MIT
using System.Text;
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>A failed case as text: the program, where it started, what differs.</summary>
internal static class CaseReport
{
    internal static string Describe(CpuCase test, MachineState host, MachineState guest)
    {
        var text = new StringBuilder();
        var formatter = new NasmFormatter();
        var line = new StringOutput();
        for (int i = 0; i < test.Program.Count && i < test.Addresses.Length; i++)
        {
            ulong address = test.Addresses[i];
            int start = (int)(address & (AddressMap.CodeLength - 1));
            var decoder = Iced.Intel.Decoder.Create(test.Bitness, new ByteArrayCodeReader(test.CodeImage, start, Math.Min(15, test.CodeImage.Length - start)), address);
            Instruction instruction = decoder.Decode();
            formatter.Format(instruction, line);
            string bytes = Convert.ToHexStringLower(test.CodeImage, start, instruction.Length);
            text.AppendLine($"  {address:x}  {bytes,-24} {line.ToStringAndReset()}  ({instruction.Code})");
        }

        text.AppendLine($"  {test.Bitness}-bit; flags {test.Rflags:x}");
        for (int i = 0; i < 16; i += 4)
        {
            text.AppendLine("  " + string.Join(' ', Enumerable.Range(i, 4).Select(r => $"{MachineState.NameOf(r)}={test.General[r]:x16}")));
        }

        text.AppendLine($"  host: {host.DescribeEnding()}");
        int behind = (int)(guest.Rip & (AddressMap.CodeLength - 1));
        if (guest.Ending != Ending.Exited && behind <= AddressMap.CodeLength - 16)
        {
            text.AppendLine($"  in the end, at the guest's RIP: host {Convert.ToHexStringLower(host.Code, behind, 16)}, guest {Convert.ToHexStringLower(guest.Code, behind, 16)}");
        }

        foreach (string difference in Comparison.Differences(test, host, guest))
        {
            text.AppendLine("  * " + difference);
        }

        return text.ToString();
    }
}
