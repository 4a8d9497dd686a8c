// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Memory;

namespace Domovoi.Backends.Consoles;

/// <summary><c>struct xencons_interface</c>, io/console.h.</summary>
internal static class ConsolePage
{
    internal const int InputSize = 1024;
    internal const int OutputSize = 2048;

    /// <summary><c>in</c>, <c>in_cons</c>, <c>in_prod</c>: to the guest.</summary>
    internal static RingPlace Input(PhysicalAddress page) => new(page, InputSize, page + 0xC04, page + 0xC00);

    /// <summary><c>out</c>, <c>out_cons</c>, <c>out_prod</c>: from the guest.</summary>
    internal static RingPlace Output(PhysicalAddress page) => new(page + 0x400, OutputSize, page + 0xC0C, page + 0xC08);
}
