// SPDX-License-Identifier: MIT
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.State;
using Iced.Intel;

namespace Domovoi.Cpu.Translate;

/// <summary>Where each guest register lives while translated code runs.</summary>
/// <remarks>
/// Twelve live in host registers. R10, R11, R14 and R15, which compilers take last of the registers that calls clobber and
/// of those they keep, live in the state block; host RCX, R14 and R15 are scratch. RCX is kept free because JRCXZ is the one
/// compare that leaves flags alone.
/// </remarks>
internal static class RegisterMap
{
    /// <summary>Guest RSP: its encodings as a base are as long as RSP's own.</summary>
    internal const HostRegister StackPointer = HostRegister.R12;

    /// <summary>Guest RCX.</summary>
    internal const HostRegister Counter = HostRegister.R13;

    private static ReadOnlySpan<sbyte> Hosts => [0, 13, 2, 3, 12, 5, 6, 7, 8, 9, -1, -1, 10, 11, -1, -1];

    /// <summary>The guest's number, 0 to 15, of a general-purpose register of any size.</summary>
    internal static int NumberOf(Register register) => register.GetFullRegister() - Register.RAX;

    /// <summary>The host register of a guest register, or none for those in the state block.</summary>
    internal static HostRegister HostOf(int guest) => (HostRegister)Hosts[guest];

    internal static HostRegister HostOf(Register register) => HostOf(NumberOf(register));

    internal static bool IsInMemory(int guest) => Hosts[guest] < 0;

    /// <summary>The state block's word for a guest register.</summary>
    internal static HostAddress StateOf(int guest) => HostAddress.State(StateLayout.Registers + (guest * 8));

    internal static bool IsHighByte(Register register) => register is >= Register.AH and <= Register.BH;

    /// <summary>The register operand, of the size of <paramref name="like"/>, that names a host register.</summary>
    internal static Register Sized(HostRegister host, Register like)
    {
        int number = (int)host;
        return like.GetSize() switch
        {
            8 => Register.RAX + number,
            4 => Register.EAX + number,
            2 => Register.AX + number,
            _ => number < 4 ? Register.AL + number : Register.SPL + (number - 4),
        };
    }
}
