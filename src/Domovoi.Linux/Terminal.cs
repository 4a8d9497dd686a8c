// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>termios(3) and the window size. Settings are kept as the C library's own bytes and never looked into.</summary>
public static partial class Terminal
{
    /// <summary>Larger than <c>struct termios</c> of any C library.</summary>
    private const int SettingsSize = 256;

    private const int TCSANOW = 0;
    private const int SIGTTOU = 22;
    private const nint SIG_IGN = 1;
    private const nuint TIOCGWINSZ = 0x5413;

    public static bool IsTerminal(int descriptor) => isatty(descriptor) == 1;

    /// <summary>The terminal's name in the file system; null when it has none here.</summary>
    public static string? PathOf(int descriptor) =>
        new FileInfo($"/proc/self/fd/{descriptor}").LinkTarget is { } path && File.Exists(path) ? path : null;

    public static byte[] ReadSettings(int descriptor)
    {
        byte[] settings = new byte[SettingsSize];
        return tcgetattr(descriptor, ref settings[0]) == 0 ? settings : throw LinuxException.FromLastError(nameof(tcgetattr));
    }

    /// <summary>Every key goes through as it is, and nothing is echoed: <c>cfmakeraw</c>.</summary>
    public static void MakeRaw(int descriptor)
    {
        byte[] settings = ReadSettings(descriptor);
        cfmakeraw(ref settings[0]);
        Restore(descriptor, settings);
    }

    /// <summary>Puts back what <see cref="ReadSettings"/> gave.</summary>
    public static void Restore(int descriptor, byte[] settings)
    {
        if (settings.Length < SettingsSize || tcsetattr(descriptor, TCSANOW, ref settings[0]) != 0)
        {
            throw LinuxException.FromLastError(nameof(tcsetattr));
        }
    }

    /// <summary>Columns and rows; null where there is no window.</summary>
    public static (int Columns, int Rows)? WindowSize(int descriptor)
    {
        ulong size = 0;
        return ioctl(descriptor, TIOCGWINSZ, ref size) == 0 && (ushort)size > 0 ? ((ushort)(size >> 16), (ushort)size) : null;
    }

    /// <summary>Lets a background process change the terminal without being stopped for it.</summary>
    public static void IgnoreBackgroundStop() => signal(SIGTTOU, SIG_IGN);

    [LibraryImport("libc")]
    private static partial int isatty(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcgetattr(int fd, ref byte termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int tcsetattr(int fd, int when, ref byte termios);

    [LibraryImport("libc")]
    private static partial void cfmakeraw(ref byte termios);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int fd, nuint request, ref ulong argument);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);
}
