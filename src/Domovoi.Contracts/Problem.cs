// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts;

/// <summary>A person's mistake, told so that they can repair it. The CLI prints it; JSON-RPC errors carry it as their data.</summary>
/// <param name="Code">Stable, kebab-case, for programs: <c>kernel-not-found</c>.</param>
/// <param name="Message">One sentence for people.</param>
/// <param name="Where">The line that is wrong, if the mistake stands in a file.</param>
/// <param name="Hint">What to do about it.</param>
public sealed record Problem(string Code, string Message, SourcePosition? Where = null, string? Hint = null);
