// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>The result of a method that has none.</summary>
public sealed record Nothing;
