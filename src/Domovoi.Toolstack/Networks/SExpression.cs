// SPDX-License-Identifier: MIT
using Domovoi.Contracts;

namespace Domovoi.Toolstack.Networks;

/// <summary>A word or a list of xend's settings.</summary>
/// <param name="Text">Of a word; null for a list.</param>
/// <param name="IsQuoted">Whether the word stood in quotes.</param>
/// <param name="Items">Of a list.</param>
/// <param name="Where">Its first character.</param>
public sealed record SExpression(string? Text, bool IsQuoted, IReadOnlyList<SExpression> Items, SourcePosition Where);
