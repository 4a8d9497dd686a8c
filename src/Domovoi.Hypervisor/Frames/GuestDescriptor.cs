// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>One eight-byte segment descriptor, SDM 3A §3.4.5, and what a paravirtualized guest may put in one.</summary>
/// <remarks>
/// <code>
/// 63..56  55 54 53 52  51..48  47  46 45  44  43..40  39..16  15..0
/// base    G  D  L  avl limit   P   DPL    S   type    base    limit
/// </code>
/// </remarks>
internal readonly record struct GuestDescriptor(ulong Value)
{
    private const ulong PresentBit = 1UL << 47;
    private const ulong CodeOrDataBit = 1UL << 44;
    private const ulong PrivilegeMask = 3UL << 45;
    private const ulong TypeMask = 0xFUL << 40;
    private const ulong CallGate = 0xCUL << 40;
    private const ulong GateReservedBits = 0xFFUL << 32;
    private const int FirstReservedEntry = 7168;

    public bool IsPresent => (Value & PresentBit) != 0;

    /// <summary>Changes the descriptor into one the guest may have: privilege 3 if it is code or data.</summary>
    /// <returns>false for a descriptor no guest may have: a task or table descriptor, a gate other than a call gate.</returns>
    public bool TryAdmit(out GuestDescriptor admitted)
    {
        admitted = this;
        if (!IsPresent)
        {
            return true;
        }

        if ((Value & CodeOrDataBit) != 0)
        {
            admitted = new GuestDescriptor(Value | PrivilegeMask);
            return true;
        }

        // A null type is the second half of a call gate.
        return (Value & TypeMask) == 0 || TryAdmitCallGate(out admitted);
    }

    /// <summary>Admits a whole page of descriptors in place, or changes none and returns false.</summary>
    public static bool TryAdmitAll(Span<ulong> page)
    {
        foreach (ulong word in page)
        {
            if (word != 0 && !new GuestDescriptor(word).TryAdmit(out _))
            {
                return false;
            }
        }

        for (int index = 0; index < page.Length; index++)
        {
            if (page[index] != 0 && new GuestDescriptor(page[index]).TryAdmit(out GuestDescriptor admitted) &&
                admitted.Value != page[index])
            {
                page[index] = admitted.Value;
            }
        }

        return true;
    }

    /// <summary>Gates are emulated: privilege 0 makes the processor fault on their use; the selector's RPL keeps the guest's.</summary>
    private bool TryAdmitCallGate(out GuestDescriptor admitted)
    {
        ulong selector = (Value >> 16) & 0xFFFF;
        bool isLocal = (selector & 4) != 0;
        admitted = new GuestDescriptor((Value & ~(PrivilegeMask | (3UL << 16))) | (3UL << 16));
        return (Value & TypeMask) == CallGate &&
            (isLocal || selector >> 3 < FirstReservedEntry) &&
            (Value & GateReservedBits) == 0;
    }
}
