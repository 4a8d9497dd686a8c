// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Networks;

/// <summary>Takes a vif from a guest.</summary>
/// <param name="Index">Which.</param>
/// <param name="Force">Even if its driver does not let go.</param>
public sealed record NicDetachment(int Index, bool Force = false);
