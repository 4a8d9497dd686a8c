// SPDX-License-Identifier: MIT
namespace Domovoi.Xenstore.Store;

/// <summary>One change watches may see.</summary>
/// <param name="Path">The node that was written, made, removed or given permissions.</param>
/// <param name="Before">The node before, with all below it; null if it was made.</param>
/// <param name="After">The node after; null if it was removed.</param>
public readonly record struct Change(NodePath Path, Node? Before, Node? After);
