// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts;

/// <summary>Carries a <see cref="Problem"/> to where it is told to the person.</summary>
public sealed class ProblemException(Problem problem) : Exception(problem.Message)
{
    public ProblemException(string code, string message, string? hint = null)
        : this(new Problem(code, message, null, hint))
    {
    }

    public Problem Problem { get; } = problem;

    /// <summary>What was noticed on the way to it, and may be its cause: a misspelt name.</summary>
    public IReadOnlyList<Problem> Warnings { get; init; } = [];
}
