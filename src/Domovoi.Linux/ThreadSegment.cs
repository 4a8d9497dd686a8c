// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>arch_prctl(2): the GS base of the calling thread, which neither the C library nor the runtime uses on x86-64.</summary>
public static partial class ThreadSegment
{
    private const long SYS_arch_prctl = 158;
    private const int ARCH_SET_GS = 0x1001;

    /// <summary>Points GS at <paramref name="address"/>.</summary>
    public static void SetGsBase(nint address)
    {
        if (syscall(SYS_arch_prctl, ARCH_SET_GS, address) != 0)
        {
            throw LinuxException.FromLastError("arch_prctl");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial long syscall(long number, int code, nint address);
}
