// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Networks;

/// <summary>The vifs of a living domain, by number.</summary>
public sealed record NicList(IReadOnlyList<NicStatus> Nics);
