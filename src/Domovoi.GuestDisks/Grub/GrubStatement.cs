// SPDX-License-Identifier: MIT
namespace Domovoi.GuestDisks.Grub;

/// <summary>One step of a GRUB script.</summary>
/// <param name="Line">Where it begins.</param>
internal abstract record GrubStatement(int Line);

/// <summary>A command with its words; a menu entry, a submenu and a function have a body too.</summary>
internal sealed record GrubCommand(int Line, IReadOnlyList<GrubWord> Words, IReadOnlyList<GrubStatement>? Body) : GrubStatement(Line);

/// <summary><c>if … then … elif … else … fi</c>: the first branch whose condition holds; the last may have none.</summary>
internal sealed record GrubCondition(int Line, IReadOnlyList<GrubBranch> Branches) : GrubStatement(Line);

/// <summary><c>for name in words; do … done</c>, and <c>while</c> and <c>until</c>, which have no name and are not run.</summary>
internal sealed record GrubLoop(int Line, string? Name, IReadOnlyList<GrubWord> Words, IReadOnlyList<GrubStatement> Body) : GrubStatement(Line);

/// <summary>A branch of a condition.</summary>
internal sealed record GrubBranch(IReadOnlyList<GrubStatement>? Test, IReadOnlyList<GrubStatement> Body);
