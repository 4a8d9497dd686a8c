// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>A word, or the end of a command if there is none.</summary>
/// <param name="Word">Null: a newline or a semicolon.</param>
/// <param name="Line">Counted from 1.</param>
internal readonly record struct GrubToken(GrubWord? Word, int Line);
