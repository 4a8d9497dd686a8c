// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>A system call failed in a way its caller did not plan for.</summary>
public sealed class LinuxException(string call, int errno)
    : Exception($"{call}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})")
{
    /// <summary>The call's name as in section 2 of the manual.</summary>
    public string Call { get; } = call;

    /// <summary>The error number, as errno(3) names it.</summary>
    public int Errno { get; } = errno;

    /// <summary>What strerror(3) says of an error number.</summary>
    public static string TextOf(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>Whether it is rights that are missing: <c>EPERM</c>, <c>EACCES</c>.</summary>
    public bool IsDenied => Errno is 1 or 13;

    internal static LinuxException FromLastError(string call) => new(call, Marshal.GetLastPInvokeError());
}
