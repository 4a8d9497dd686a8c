// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Tests.Cases;

/// <summary>Where code and data of every case lie: at the same addresses in the host process and in the guest machine.</summary>
/// <remarks>
/// <code>
/// 0B5C3000  first page of the exit code: a case ends by jumping here (64-bit); 0B5C4000 is its 32-bit twin
/// 10000000  two code pages, writable and executable          11000000  the same two pages again
/// 20000000  two data pages, writable, not executable
/// 20002000  nothing
/// 20003000  one writable data page, directly followed by
/// 20004000  one page that is read-only, and then nothing
/// </code>
/// </remarks>
internal static class AddressMap
{
    internal const int PageSize = 4096;

    internal const ulong Exit64 = 0x0B5C_3000;
    internal const ulong Exit32 = 0x0B5C_4000;

    internal const ulong Code = 0x1000_0000;
    internal const ulong CodeAlias = 0x1100_0000;
    internal const int CodeLength = 2 * PageSize;

    internal const ulong Data = 0x2000_0000;
    internal const ulong DataHole = Data + 0x2000;
    internal const ulong DataIsland = Data + 0x3000;
    internal const ulong ReadOnly = Data + 0x4000;
    internal const ulong DataEnd = Data + 0x5000;

    /// <summary>Bytes of the three writable data pages, stored without the hole.</summary>
    internal const int DataLength = 3 * PageSize;

    internal const ulong FsBase = Data + 0x0340;
    internal const ulong GsBase = Data + 0x1180;

    /// <summary>The byte of a data image that lies at an address, or -1.</summary>
    internal static int DataOffset(ulong address) => address switch
    {
        >= Data and < DataHole => (int)(address - Data),
        >= DataIsland and < ReadOnly => (int)(address - DataIsland) + (2 * PageSize),
        _ => -1,
    };

    /// <summary>What the read-only page holds.</summary>
    internal static byte[] ReadOnlyPage()
    {
        byte[] page = new byte[PageSize];
        new Random(4).NextBytes(page);
        return page;
    }
}
