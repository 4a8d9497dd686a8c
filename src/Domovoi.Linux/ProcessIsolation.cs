// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>setsid(2), umask(2), prctl(2) and dup2(2): how a process that serves in the background parts with its caller.</summary>
public static partial class ProcessIsolation
{
    private const int PR_SET_NO_NEW_PRIVS = 38;
    private const int O_RDWR = 2;
    private const int F_DUPFD_CLOEXEC = 1030;
    private const int OwnerOnly = 0x3F;                     // 077: nothing for group and others

    /// <summary>New files are the user's alone, and no program started from here on can gain rights by being executed.</summary>
    public static void DropPrivileges()
    {
        _ = umask(OwnerOnly);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        {
            throw LinuxException.FromLastError(nameof(prctl));
        }
    }

    /// <summary>Leaves the terminal and the caller's session: signals of the keyboard and a hang-up do not come here.</summary>
    /// <remarks>Fails only for a process that leads a group already, which then has no caller to leave.</remarks>
    public static void LeaveSession() => _ = setsid();

    /// <summary>Another descriptor for standard input, which <see cref="ReleaseStandardStreams"/> leaves open.</summary>
    public static int KeepStandardInput() =>
        fcntl(0, F_DUPFD_CLOEXEC, 3) is >= 0 and var kept ? kept : throw LinuxException.FromLastError(nameof(fcntl));

    /// <summary>Closes the caller's ends of standard input, output and error, so that nobody waits for them any more.</summary>
    public static void ReleaseStandardStreams()
    {
        int nowhere = open("/dev/null", O_RDWR);
        if (nowhere < 0)
        {
            throw LinuxException.FromLastError(nameof(open));
        }

        for (int stream = 0; stream <= 2; stream++)
        {
            if (dup2(nowhere, stream) < 0)
            {
                throw LinuxException.FromLastError(nameof(dup2));
            }
        }

        _ = close(nowhere);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int umask(int mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint arg2, nint arg3, nint arg4, nint arg5);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(int oldfd, int newfd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);
}
