// SPDX-License-Identifier: MIT
namespace Domovoi.Storage;

/// <summary>A disk cannot be opened, for a reason that a person can repair.</summary>
/// <param name="code">Stable, kebab-case.</param>
/// <param name="message">One sentence.</param>
/// <param name="hint">What to do about it.</param>
public sealed class DiskException(string code, string message, string? hint = null) : Exception(message)
{
    public string Code { get; } = code;

    public string? Hint { get; } = hint;
}
