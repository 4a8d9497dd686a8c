// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>A xenstore node's new value.</summary>
public sealed record StoreWrite(string Path, string Value);
