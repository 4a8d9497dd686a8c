// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary>Selectors of the descriptors that Xen puts in every GDT, arch-x86/xen-x86_64.h and arch-x86/xen.h.</summary>
public static class X86Selectors
{
    /// <summary><c>FLAT_RING3_CS32</c></summary>
    public const ushort Code32 = 0xE023;

    /// <summary><c>FLAT_RING3_CS64</c></summary>
    public const ushort Code64 = 0xE033;

    /// <summary><c>FLAT_RING3_DS32</c></summary>
    public const ushort Data32 = 0xE02B;

    /// <summary><c>FLAT_RING3_SS64</c>, equal to <c>FLAT_RING3_SS32</c>.</summary>
    public const ushort Stack = 0xE02B;

    /// <summary>Xen's own code segment: what SGDT and a null comparison in a guest may meet, never loadable.</summary>
    public const ushort XenCode = 0xE008;

    /// <summary><c>FIRST_RESERVED_GDT_PAGE</c></summary>
    public const int FirstReservedGdtPage = 14;

    /// <summary><c>FIRST_RESERVED_GDT_ENTRY</c></summary>
    public const int FirstReservedGdtEntry = FirstReservedGdtPage * 512;
}
