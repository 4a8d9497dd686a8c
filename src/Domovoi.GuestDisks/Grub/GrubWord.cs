// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>A word of a GRUB script before its variables are filled in.</summary>
/// <param name="Parts">Left to right.</param>
internal sealed record GrubWord(IReadOnlyList<GrubWordPart> Parts)
{
    /// <summary>The text, if it is a plain word without quotes and variables: only such a word can be a keyword.</summary>
    internal string? Keyword => Parts is [{ IsVariable: false, IsQuoted: false } only] ? only.Text : null;
}

/// <summary>A piece of a word.</summary>
/// <param name="Text">Literal text, or a variable's name.</param>
/// <param name="IsVariable">Whether it is a name.</param>
/// <param name="IsQuoted">Inside quotes: a variable's value stays one word there.</param>
internal readonly record struct GrubWordPart(string Text, bool IsVariable, bool IsQuoted);
