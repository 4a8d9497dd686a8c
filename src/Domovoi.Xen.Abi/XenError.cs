// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary>What a hypercall answers: 0 or a negated errno, errno.h.</summary>
public enum XenError
{
    None = 0,
    NotPermitted = -1,
    NoEntry = -2,
    NoSuchProcess = -3,
    InputOutput = -5,
    DeviceOrAddress = -6,
    ArgumentListTooLong = -7,
    TryAgain = -11,
    OutOfMemory = -12,
    AccessDenied = -13,
    BadAddress = -14,
    Busy = -16,
    Exists = -17,
    NoDevice = -19,
    InvalidArgument = -22,
    NoSpace = -28,
    OutOfRange = -34,
    NotImplemented = -38,
    NoData = -61,
    TimedOut = -62,
    NotSupported = -95,
    NoBuffers = -105,
}
