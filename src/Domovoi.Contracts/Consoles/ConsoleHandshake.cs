// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Domovoi.Contracts.Consoles;

/// <summary>
/// The first thing a viewer says on <c>console.sock</c>: one ASCII line. Thereafter both directions are the guest's raw bytes:
/// first the replay, then what the guest prints as it comes.
/// </summary>
/// <remarks>
/// <c>CONSOLE 1 REPLAY FLAGS\n</c> with the number of bytes to replay (at most <see cref="MaximumReplay"/>) and <c>rw</c> or <c>ro</c>.
/// A viewer that shuts down its sending side is silent from then on, and still sees everything. The domain's process
/// closes the socket when the domain has ended, after the last byte; a viewer that reads too slowly for too long loses output
/// (never the log) and is told so in the stream.
/// </remarks>
public sealed record ConsoleHandshake(int Replay = ConsoleHandshake.MaximumReplay, bool ReadOnly = false)
{
    public const int MaximumReplay = 64 * 1024;

    /// <summary>No handshake is longer, with its line end.</summary>
    public const int MaximumLength = 32;

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"CONSOLE 1 {Replay} {(ReadOnly ? "ro" : "rw")}\n");

    public static ConsoleHandshake? TryParse(string line) =>
        line.TrimEnd('\n').Split(' ') is ["CONSOLE", "1", var replay, "rw" or "ro"]
        && int.TryParse(replay, NumberStyles.None, CultureInfo.InvariantCulture, out int bytes)
            ? new ConsoleHandshake(Math.Min(bytes, MaximumReplay), line.AsSpan().TrimEnd('\n').EndsWith("ro"))
            : null;
}
