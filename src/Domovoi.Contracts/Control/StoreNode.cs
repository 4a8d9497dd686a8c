// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>A xenstore node and what is below it. Values are bytes: each character stands for one (Latin-1).</summary>
public sealed record StoreNode(
    string Name, string Value, IReadOnlyList<string> Permissions, IReadOnlyList<StoreNode> Children);
