// SPDX-License-Identifier: MIT
namespace Domovoi.Bench;

/// <summary>One row of the table: our value over theirs, and the number to reach (SPECIFICATION.md).</summary>
/// <param name="Work">What is measured, in words.</param>
/// <param name="Name">The measurement's key.</param>
/// <param name="Unit">Of both values.</param>
/// <param name="Against">The machine compared with.</param>
/// <param name="AtLeast">The ratio to reach where more is better.</param>
/// <param name="AtMost">The ratio to reach where less is better.</param>
internal sealed record Promise(string Work, string Name, string Unit, string Against, double? AtLeast, double? AtMost)
{
    internal static IReadOnlyList<Promise> All { get; } =
    [
        new("command to first user process, bzImage", "boot", "s", "qemu-pc", null, 0.4),
        new("command to first user process, unpacked ELF there", "boot", "s", "qemu-microvm", null, 1.0),
        new("integer hash, SHA-256 in C", "sha256-c", "MB/s", "qemu-pc", 2.0, null),
        new("integer mixing, four lanes in registers", "integer-hash", "rounds/s", "qemu-pc", null, null),
        new("compression, xz -6", "xz", "MB/s", "qemu-pc", 2.0, null),
        new("compression, gzip", "gzip", "MB/s", "qemu-pc", 2.0, null),
        new("pointer chase over 4 MiB", "chase", "loads/s", "qemu-pc", 1.5, null),
        new("fork and wait", "fork", "forks/s", "qemu-pc", 1.5, null),
        new("exec of a static program", "exec", "execs/s", "qemu-pc", 1.5, null),
        new("anonymous page fault", "fault", "faults/s", "qemu-pc", 1.5, null),
        new("pipe ping-pong", "pipe", "round trips/s", "qemu-pc", 1.5, null),
        new("system call (getppid)", "syscall", "calls/s", "qemu-pc", 1.5, null),
        new("float matrix multiply, 256 x 256", "matrix", "GFLOP/s", "qemu-pc", 30.0, null),
        new("scalar double divide", "divide", "divisions/s", "qemu-pc", 8.0, null),
        new("memcpy of 8 MiB", "memcpy", "MB/s", "qemu-pc", 8.0, null),
        new("openssl AES-128-GCM, 16 KiB", "aes-128-gcm", "MB/s", "qemu-pc", null, null),
        new("openssl SHA-256, 16 KiB", "sha-256", "MB/s", "qemu-pc", null, null),
        new("openssl RSA-2048 sign", "rsa-2048", "signatures/s", "qemu-pc", null, null),
        new("resident size after boot, 512 MiB guest", "size", "MiB", "qemu-pc", null, 0.7),
    ];

    internal string Target => (AtLeast, AtMost) switch
    {
        ({ } least, _) => FormattableString.Invariant($"≥ {least:0.0}"),
        (_, { } most) => FormattableString.Invariant($"≤ {most:0.0}"),
        _ => "",
    };

    internal string Verdict(double? ratio) => (ratio, AtLeast, AtMost) switch
    {
        (null, _, _) => "not measured",
        ({ } reached, { } least, _) => reached >= least ? "reached" : "missed",
        ({ } reached, _, { } most) => reached <= most ? "reached" : "missed",
        _ => "",
    };
}
