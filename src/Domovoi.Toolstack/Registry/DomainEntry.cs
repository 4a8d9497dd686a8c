// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Registry;

namespace Domovoi.Toolstack.Registry;

/// <summary>One folder of the registry as it was found.</summary>
/// <param name="Folder">Its files.</param>
/// <param name="Record">What it says of itself.</param>
/// <param name="IsAlive">Whether a process holds its lock.</param>
public sealed record DomainEntry(DomainFolder Folder, DomainRecord Record, bool IsAlive)
{
    /// <summary>The process vanished without a word: it was killed, or the host went down.</summary>
    public bool WasKilled => !IsAlive && Record.End is null;

    /// <summary>Dead, and not by anybody's wish.</summary>
    public bool EndedBadly => !IsAlive && (Record.End is null || Record.End.ExitCode != 0);
}
