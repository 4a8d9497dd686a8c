// SPDX-License-Identifier: MIT
namespace Domovoi.KernelImages;

/// <summary>A kernel file cannot be used. Its three texts fill a problem report as they stand.</summary>
/// <param name="code">A stable word for programs.</param>
/// <param name="message">What is wrong, and what was expected.</param>
/// <param name="hint">What the person can do; null when there is nothing to advise.</param>
public sealed class KernelImageException(string code, string message, string? hint = null, Exception? cause = null)
    : Exception(message, cause)
{
    public string Code { get; } = code;

    public string? Hint { get; } = hint;

    internal static KernelImageException Truncated(string message) => new(
        "kernel-truncated", message, "The file is shorter than its own headers say. Copy or download it again.");

    internal static KernelImageException Corrupt(string message, Exception? cause = null) => new(
        "kernel-corrupt", message, "The file is damaged. Copy or download it again.", cause);

    internal static KernelImageException NotAKernel(string message) => new(
        "kernel-unrecognised", message, "Give a Linux bzImage (often /boot/vmlinuz-*) or an x86-64 ELF kernel.");
}
