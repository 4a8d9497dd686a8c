// SPDX-License-Identifier: MIT
namespace Domovoi.Bench;

/// <summary>One row of the first table: a work, and the ratios it has to reach (issue 4's table, SPECIFICATION.md).</summary>
/// <param name="Group">What the works of one line of that table have in common.</param>
/// <param name="Work">What is measured, in words.</param>
/// <param name="Name">The measurement's key.</param>
/// <param name="Unit">Of the values.</param>
/// <param name="OfQemu">The ratio to QEMU's value to reach.</param>
/// <param name="OfNative">The ratio to the host's own value to reach.</param>
internal sealed record Row(string Group, string Work, string Name, string Unit, double? OfQemu, double? OfNative)
{
    private const string Memory = "integer with memory traffic", Registers = "integer in registers", Vectors = "float and SIMD",
        Scalar = "scalar double", Copies = "memory and strings", Chase = "pointer chase", Crypto = "OpenSSL", Kernel = "kernel", Start = "start";

    internal static IReadOnlyList<Row> All { get; } =
    [
        new(Memory, "xz -6", "xz", "MB/s", 3, 0.5),
        new(Memory, "gzip -6", "gzip", "MB/s", 3, 0.5),
        new(Memory, "gcc's cc1 -O2, five files, a process each", "compiler", "files/s", 3, 0.5),
        new(Memory, "CPython: dictionaries, calls, objects", "python", "rounds/s", 3, 0.5),
        new(Registers, "SHA-256 in C", "sha256-c", "MB/s", 2.2, 0.9),
        new(Registers, "mixing in four lanes", "integer-hash", "rounds/s", null, 0.9),
        new(Vectors, "matrix multiply, 256 x 256 floats", "matrix", "GFLOP/s", 45, 0.5),
        new(Vectors, "FFT, 4096 complex floats", "fft", "transforms/s", 45, 0.5),
        new(Vectors, "JPEG coding, libjpeg-turbo", "jpeg", "Mpixel/s", 45, 0.5),
        new(Vectors, "VP8 coding, libvpx", "vp8", "frames/s", 45, 0.5),
        new(Scalar, "convert, divide, add", "divide", "divisions/s", 10, 0.9),
        new(Scalar, "mandelbrot", "double", "points/s", 10, 0.9),
        new(Copies, "memcpy of 8 MiB", "memcpy", "MB/s", 11, 0.75),
        new(Copies, "memset of 8 MiB", "memset", "MB/s", 11, 0.75),
        new(Copies, "strlen, memchr, strcpy, memcmp, strcmp", "strings", "strings/s", 11, 0.75),
        new(Chase, "4 MiB", "chase-4", "loads/s", 3.5, 0.65),
        new(Chase, "256 MiB", "chase-256", "loads/s", 2, null),
        new(Crypto, "AES-128-GCM, 16 KiB", "aes-128-gcm", "MB/s", 4, 0.6),
        new(Crypto, "SHA-256, 16 KiB", "sha-256", "MB/s", 4, 0.6),
        new(Crypto, "RSA-2048 signatures", "rsa-2048", "signatures/s", 4, 0.6),
        new(Kernel, "system call (getppid)", "syscall", "calls/s", 2.5, null),
        new(Kernel, "pipe ping-pong", "pipe", "round trips/s", 2.5, null),
        new(Kernel, "fork and wait", "fork", "forks/s", 2.5, null),
        new(Kernel, "exec of a static program", "exec", "execs/s", 2.5, null),
        new(Kernel, "anonymous page fault", "fault", "faults/s", 2.5, null),
        new(Kernel, "context switch, ring of 8 processes", "switch", "switches/s", 2.5, null),
        new(Start, "command to first user process, `pc` with bzImage", "boot", "s", 0.4, null),
        new(Start, "the same, `microvm` with the unpacked ELF", "boot", "s", 0.5, null) { Against = Machine.Microvm },
        new(Start, "resident size after boot, 512 MiB guest", "size", "MiB", 0.7, null),
    ];

    /// <summary>The QEMU machine compared with.</summary>
    internal string Against { get; private init; } = Machine.Qemu;

    internal string Part => Group == Start ? "boot" : "works";

    private bool LessIsBetter => Group == Start;

    /// <summary><c>≥ 3</c>, or <c>≤ 0.5</c> where less is better.</summary>
    internal string Wish(double? limit) => limit is null ? "" : FormattableString.Invariant($"{(LessIsBetter ? '≤' : '≥')} {limit:0.##}");

    internal bool Reaches(double ratio, double? limit) => limit is null || (LessIsBetter ? ratio <= limit : ratio >= limit);
}
