// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks;

/// <summary>A guest's disk does not hold what was looked for, or holds it damaged.</summary>
/// <param name="code">Stable, for programs: <c>disk-damaged</c>, <c>grub-missing</c> …</param>
/// <param name="message">What was found, and what was expected.</param>
/// <param name="hint">What a person can do.</param>
public sealed class GuestDiskException(string code, string message, string? hint = null) : Exception(message)
{
    public string Code { get; } = code;

    public string? Hint { get; } = hint;

    internal static GuestDiskException Damaged(string what) =>
        new("disk-damaged", what, "Check the file system: `e2fsck -f` on the disk or partition, with the guest stopped.");
}
