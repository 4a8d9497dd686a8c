// SPDX-License-Identifier: MIT
namespace Domovoi.Storage;

/// <summary>How a disk is opened.</summary>
/// <param name="ReadOnly">The guest cannot write; several domains may read at once.</param>
/// <param name="Shared">No lock is taken: xl's <c>w!</c>, for cluster file systems.</param>
/// <param name="Direct">Past the host's page cache where it can be: xl's <c>direct-io-safe</c>.</param>
/// <param name="Discard">What the guest discards is given back to the host.</param>
public sealed record DiskOptions(bool ReadOnly = false, bool Shared = false, bool Direct = false, bool Discard = true);
