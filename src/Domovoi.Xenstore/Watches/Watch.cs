// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Xenstore.Watches;

/// <summary>A domain's wish to be told about a node and all below it, or about one of the special events.</summary>
/// <param name="Caller">Whose it is.</param>
/// <param name="Spelling">The path as the caller wrote it: events speak of it in the same way, relative or absolute.</param>
/// <param name="Path">The path it means; null for a special one, whose spelling starts with <c>@</c>.</param>
/// <param name="Token">The caller's own name for the watch.</param>
/// <param name="Depth">Levels below the path that count; null for all.</param>
internal sealed record Watch(DomainId Caller, string Spelling, NodePath? Path, string Token, int? Depth)
{
    internal bool IsRelative => Path is not null && !Spelling.StartsWith('/');

    /// <summary>The path to report for a change at <paramref name="changed"/>; null if this watch does not cover it.</summary>
    internal string? Covers(NodePath changed)
    {
        if (Path is not { } path || changed.DepthBelow(path) is not (>= 0 and var depth) || depth > (Depth ?? depth))
        {
            return null;
        }

        return IsRelative ? Spelling + changed.Value[path.Value.Length..] : changed.Value;
    }
}
