// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Configuration;

/// <summary>Words a <see cref="ProblemException"/> about a place in a file.</summary>
internal static class Mistake
{
    internal static ProblemException At(string code, string message, SourcePosition? where = null, string? hint = null) =>
        new(new Problem(code, message, where, hint));
}
