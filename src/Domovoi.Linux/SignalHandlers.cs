// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>sigaction(2), for handlers that are machine code.</summary>
public static unsafe partial class SignalHandlers
{
    public const int SIGILL = 4;
    public const int SIGBUS = 7;
    public const int SIGFPE = 8;
    public const int SIGSEGV = 11;

    private const int SA_SIGINFO = 4;
    private const int SA_ONSTACK = 0x08000000;

    /// <summary>Installs a three-argument handler, returns the one it replaces (0 for the default action, 1 for ignore).</summary>
    public static nint Install(int signal, nint handler)
    {
        SignalAction action = new() { Handler = handler, Flags = SA_SIGINFO | SA_ONSTACK };
        SignalAction old;
        return sigaction(signal, &action, &old) == 0
            ? old.Handler
            : throw LinuxException.FromLastError(nameof(sigaction));
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sigaction(int signal, SignalAction* action, SignalAction* old);

    /// <summary>glibc's <c>struct sigaction</c> on x86-64.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct SignalAction
    {
        public nint Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public nint Restorer;
    }
}
