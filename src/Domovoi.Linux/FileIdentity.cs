// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Linux;

/// <summary>What tells one state of a file from another without reading it: statx(2).</summary>
/// <param name="Device">The device the file is on.</param>
/// <param name="Inode">The file's number on that device.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Modified">Last change of the contents, in nanoseconds since 1970.</param>
/// <param name="Changed">Last change of contents or attributes, in nanoseconds since 1970; no one can set it back.</param>
/// <param name="Kind">What stands at the path.</param>
public readonly partial record struct FileIdentity(ulong Device, ulong Inode, ulong Size, long Modified, long Changed, FileKind Kind)
{
    private const int S_IFMT = 0xF000;
    private const int AT_FDCWD = -100;
    private const uint STATX_BASIC_STATS = 0x7FF;

    /// <summary>Reads the identity of the file that <paramref name="path"/> leads to, through symbolic links.</summary>
    public static FileIdentity Of(string path) =>
        statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, out StatX result) == 0
            ? new FileIdentity(
                ((ulong)result.DeviceMajor << 32) | result.DeviceMinor,
                result.Inode,
                result.Size,
                result.Modified.Nanoseconds,
                result.Changed.Nanoseconds,
                (FileKind)(result.Mode & S_IFMT))
            : throw LinuxException.FromLastError(nameof(statx));

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int dirfd, string pathname, int flags, uint mask, out StatX statxbuf);

    /// <summary><c>struct statx_timestamp</c>, linux/stat.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Timestamp
    {
        public long Seconds;
        public uint Fraction;
        public int Reserved;

        public readonly long Nanoseconds => unchecked((Seconds * 1_000_000_000) + Fraction);
    }

    /// <summary><c>struct statx</c>, linux/stat.h; what is not named here is not used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct StatX
    {
        [FieldOffset(28)] public ushort Mode;
        [FieldOffset(32)] public ulong Inode;
        [FieldOffset(40)] public ulong Size;
        [FieldOffset(96)] public Timestamp Changed;
        [FieldOffset(112)] public Timestamp Modified;
        [FieldOffset(136)] public uint DeviceMajor;
        [FieldOffset(140)] public uint DeviceMinor;
    }
}
