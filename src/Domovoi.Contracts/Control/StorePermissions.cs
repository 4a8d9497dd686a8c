// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>A xenstore node's new permissions, in the protocol's own spelling: <c>n0</c>, <c>r5</c>, <c>b0</c>; the first names the owner.</summary>
public sealed record StorePermissions(string Path, IReadOnlyList<string> Permissions);
