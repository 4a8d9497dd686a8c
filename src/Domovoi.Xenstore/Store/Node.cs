// SPDX-License-Identifier: MIT
using System.Collections.Immutable;

namespace Domovoi.Xenstore.Store;

/// <summary>A node and all below it. Immutable: a change makes new nodes from the changed one up to the root.</summary>
/// <param name="Value">Bytes of any kind.</param>
/// <param name="Permissions">Who may use it.</param>
/// <param name="Children">By name, in byte order.</param>
/// <param name="Generation">Changes whenever value, permissions or the list of children do; not when something deeper does.</param>
public sealed record Node(
    ImmutableArray<byte> Value,
    NodePermissions Permissions,
    ImmutableSortedDictionary<string, Node> Children,
    ulong Generation)
{
    internal static readonly ImmutableSortedDictionary<string, Node> NoChildren =
        ImmutableSortedDictionary.Create<string, Node>(StringComparer.Ordinal);

    /// <summary>Bytes that count against the quota for one node.</summary>
    public int Size => Value.Length + (Permissions.Entries.Count * 4);
}
