// SPDX-License-Identifier: MIT
using Iced.Intel;

namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Tells what a guest did differently from the host.</summary>
internal static class Comparison
{
    private const ulong ArithmeticFlags = 0x8D5;

    private const ulong Vsyscall = 0xFFFF_FFFF_FF60_0000;

    /// <summary>Faults set RF in the saved image; nobody else looks at it.</summary>
    private const ulong NeverCompared = 0x1_0000;

    /// <summary>Whether the states agree, without building any text: the fast path.</summary>
    internal static bool Agree(CpuCase test, MachineState host, MachineState guest) =>
        !Differences(test, host, guest).Any();

    internal static IEnumerable<string> Differences(CpuCase test, MachineState host, MachineState guest)
    {
        if (host.Ending == Ending.Endless && guest.Ending is Ending.Endless or Ending.Exited)
        {
            yield break;                                            // how far either came is a matter of time
        }

        // The oracle's own pages, which the guest does not have: a stray access there, or a jump into them, proves nothing.
        if (host.EndedInTheOracle || guest.EndedInTheOracle
            || guest is { Ending: Ending.Exception, Vector: 14, FaultAddress: >= AddressMap.Exit64 - 64 and < AddressMap.Exit64 + 0x4000 })
        {
            yield break;
        }

        // Linux's page of old system calls, at one address in each process of the host's, for execution only.
        if (guest is { Ending: Ending.Exception, Vector: 14, FaultAddress: >= Vsyscall and < Vsyscall + 0x1000 })
        {
            yield break;
        }

        if (IsBadBranch(test, host) && guest is { Ending: Ending.Exception, Vector: 13 })
        {
            yield break;
        }

        if (host.Vector == 16 && host.Ending == Ending.Exception && guest.Vector is 12 or 13 or 14)
        {
            // An unmasked x87 error that is pending comes before what the instruction's operand may cause; with both, either will do.
            yield break;
        }

        // A program that rewrote itself, or went on amid an instruction, may come upon what no generator draws: instructions
        // that leave the processor.
        if (guest.Ending == Ending.Left && !guest.Remark.StartsWith("System.", StringComparison.Ordinal)      // the translator threw nothing
            && (IsRewritten(test, host) || !test.Addresses.Contains(guest.Rip)))
        {
            yield break;
        }

        if (IsHidden(test, guest))
        {
            yield break;
        }

        if (!SameEnding(test, host, guest))
        {
            yield return $"ending: host {host.DescribeEnding()}; guest {guest.DescribeEnding()}";
        }

        for (int i = 0; i < 16; i++)
        {
            if (host.General[i] != guest.General[i])
            {
                yield return $"{MachineState.NameOf(i)}: host {host.General[i]:x16} guest {guest.General[i]:x16}";
            }
        }

        ulong flags = (host.Rflags ^ guest.Rflags) & ~NeverCompared & ~UndefinedFlags(test, host);
        if (flags != 0)
        {
            yield return $"RFLAGS: host {host.Rflags:x} guest {guest.Rflags:x} differ in {flags:x}";
        }

        if (!host.Xsave.AsSpan().SequenceEqual(guest.Xsave))
        {
            foreach (string difference in XsaveImage.Differences(host.Xsave, guest.Xsave))
            {
                yield return difference;
            }
        }

        foreach (string difference in Memory(test, AddressMap.Data, host.Data, guest.Data))
        {
            yield return difference;
        }

        if (test.Twin is not null)
        {
            yield break;                                            // the code itself differs
        }

        foreach (string difference in Memory(test, AddressMap.Code, host.Code, guest.Code))
        {
            yield return difference;
        }
    }

    /// <summary>A program that rewrote itself came upon an instruction of AVX-512, which the host may know and the guest is not offered.</summary>
    private static bool IsHidden(CpuCase test, MachineState guest) =>
        guest is { Ending: Ending.Exception, Vector: 6 } && IsRewritten(test, guest)
        && InstructionAt(test, guest).Code.CpuidFeatures().Any(
            feature => feature.ToString().StartsWith("AVX512", StringComparison.Ordinal));

    /// <summary>
    /// An indirect branch to a non-canonical address: this processor faults at the branch, others behind it, where the address is
    /// first used (SDM 2A "JMP" and "CALL" against AMD64 APM 2 §8.2.14). The translator is one of the others.
    /// </summary>
    private static bool IsBadBranch(CpuCase test, MachineState host) =>
        host is { Ending: Ending.Exception, Vector: 13 }
        && InstructionAt(test, host).FlowControl is FlowControl.IndirectBranch or FlowControl.IndirectCall or FlowControl.Return;

    /// <summary>What the host or guest was about to carry out, also where a program rewrote itself or went on amid an instruction.</summary>
    private static Instruction InstructionAt(CpuCase test, MachineState state)
    {
        if (test.Twin is not null)
        {
            int index = Array.IndexOf(test.Addresses, state.Rip);
            return index >= 0 && index < test.Program.Count ? test.Program[index] : default;
        }

        if ((state.Rip & ~(AddressMap.CodeLength - 1UL)) is not (AddressMap.Code or AddressMap.CodeAlias))
        {
            return default;
        }

        int start = (int)(state.Rip & (AddressMap.CodeLength - 1));
        var reader = new ByteArrayCodeReader(state.Code, start, Math.Min(15, state.Code.Length - start));
        return Decoder.Create(test.Bitness, reader, state.Rip).Decode();
    }

    private static bool SameEnding(CpuCase test, MachineState host, MachineState guest)
    {
        if (host.Ending != guest.Ending || host.Ending != Ending.Exception)
        {
            return host.Ending == guest.Ending;
        }

        return host.Vector == guest.Vector && (host.Rip == guest.Rip || IsUnfinishedInt1(test, host, guest)) && host.Vector switch
        {
            14 => ((host.FaultAddress ^ guest.FaultAddress) & (test.FaultsByPage ? ~0xFFFUL : ulong.MaxValue)) == 0 && PageFaultCode(host) == PageFaultCode(guest),
            10 or 11 or 12 or 13 or 17 => host.ErrorCode == guest.ErrorCode,
            _ => true,
        };
    }

    /// <summary>
    /// Under some hypervisors the #DB of INT1 finds the host's RIP before the instruction; it is a trap, with RIP behind (SDM 2A, INT n).
    /// </summary>
    private static bool IsUnfinishedInt1(CpuCase test, MachineState host, MachineState guest) =>
        host.Vector == 1 && guest.Rip - host.Rip is > 0 and <= 15 && InstructionAt(test, host).Mnemonic == Mnemonic.Int1;

    private static bool IsRewritten(CpuCase test, MachineState state) =>
        test.Twin is null && !state.Code.AsSpan().SequenceEqual(test.CodeImage);

    /// <summary>Linux hides whether a kernel address is mapped: there it always reports the present bit.</summary>
    private static ulong PageFaultCode(MachineState state) =>
        state.FaultAddress >= 0x7FFF_FFFF_F000 ? state.ErrorCode | 1 : state.ErrorCode;

    private static ulong UndefinedFlags(CpuCase test, MachineState host)
    {
        if (IsRewritten(test, host))
        {
            return ArithmeticFlags;                                 // nobody knows what the new code leaves undefined
        }

        if (host.Ending == Ending.Exited)
        {
            return test.UndefinedFlags;
        }

        if (host.Ending == Ending.Exception && host.Vector is 1 or 3)
        {
            return test.UndefinedFlags;
        }

        // A translator may leave flags stale that no later instruction reads; only those surely read are compared.
        int index = Array.IndexOf(test.Addresses, host.Rip);
        return index < 0 ? ArithmeticFlags : test.UndefinedFlags | (ArithmeticFlags & ~SurelyRead(test, index));
    }

    /// <summary>Flags that are read from an instruction on before anything writes them, on the straight way on.</summary>
    private static ulong SurelyRead(CpuCase test, int index)
    {
        ulong read = 0;
        ulong open = ArithmeticFlags;
        for (; index < test.Program.Count; index++)
        {
            Instruction instruction = test.Program[index];
            read |= open & Flags(instruction.RflagsRead);
            open &= ~Flags(instruction.RflagsModified);
            if (instruction.FlowControl != FlowControl.Next)
            {
                return read;
            }
        }

        return read | open;
    }

    /// <summary>Iced's flag set in the places of RFLAGS.</summary>
    internal static ulong Flags(RflagsBits bits)
    {
        ulong result = 0;
        result |= (bits & RflagsBits.CF) != 0 ? 0x001UL : 0;
        result |= (bits & RflagsBits.PF) != 0 ? 0x004UL : 0;
        result |= (bits & RflagsBits.AF) != 0 ? 0x010UL : 0;
        result |= (bits & RflagsBits.ZF) != 0 ? 0x040UL : 0;
        result |= (bits & RflagsBits.SF) != 0 ? 0x080UL : 0;
        result |= (bits & RflagsBits.DF) != 0 ? 0x400UL : 0;
        result |= (bits & RflagsBits.OF) != 0 ? 0x800UL : 0;
        return result;
    }

    private static IEnumerable<string> Memory(CpuCase test, ulong start, byte[] host, byte[] guest)
    {
        if (host.AsSpan().SequenceEqual(guest))
        {
            yield break;
        }

        int told = 0;
        for (int i = 0; i < host.Length && told < 4; i++)
        {
            ulong address = start + (ulong)i + (start == AddressMap.Data && i >= 0x2000 ? 0x1000UL : 0);
            if (host[i] != guest[i] && !IsIgnored(test, address))
            {
                told++;
                yield return $"memory {address:x}: host {host[i]:x2} guest {guest[i]:x2}";
            }
        }
    }

    private static bool IsIgnored(CpuCase test, ulong address)
    {
        foreach ((ulong start, int length) in test.Ignored)
        {
            if (address - start < (ulong)length)
            {
                return true;
            }
        }

        return false;
    }
}
