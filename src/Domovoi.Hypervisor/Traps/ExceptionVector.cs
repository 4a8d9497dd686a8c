// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Traps;

/// <summary>Exception vectors, SDM 3A §6.3.</summary>
internal static class ExceptionVector
{
    internal const byte Debug = 1;
    internal const byte NonMaskableInterrupt = 2;
    internal const byte Breakpoint = 3;
    internal const byte Overflow = 4;
    internal const byte InvalidOpcode = 6;
    internal const byte DeviceNotAvailable = 7;
    internal const byte SegmentNotPresent = 11;
    internal const byte StackFault = 12;
    internal const byte GeneralProtection = 13;
    internal const byte PageFault = 14;

    /// <summary>Whether the processor pushes an error code: #DF #TS #NP #SS #GP #PF #AC #CP.</summary>
    internal static bool HasErrorCode(byte vector) => vector < 32 && (0x0022_7D00u >> vector & 1) != 0;
}
