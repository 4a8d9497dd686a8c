// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Boot;

/// <summary>A domain cannot be built from what was asked for. Its three texts fill a problem report as they stand.</summary>
/// <param name="code">A stable word for programs.</param>
/// <param name="message">What is wrong, and what was expected.</param>
/// <param name="hint">What the person can do; null when there is nothing to advise.</param>
public sealed class DomainBuildException(string code, string message, string? hint = null) : Exception(message)
{
    public string Code { get; } = code;

    public string? Hint { get; } = hint;
}
