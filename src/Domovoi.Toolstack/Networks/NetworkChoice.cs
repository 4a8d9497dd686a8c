// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Networks;

namespace Domovoi.Toolstack.Networks;

/// <summary>What a vif is plugged into.</summary>
/// <param name="Kind">How.</param>
/// <param name="Name">Of the bridge, switch or interface.</param>
/// <param name="SwitchFolder">Of a switch.</param>
/// <param name="IsGuarded">Whether the guest may use its own MAC only, even without <c>ip=</c> (xend's <c>antispoof=yes</c>).</param>
public sealed record NetworkChoice(NetworkKind Kind, string? Name = null, string? SwitchFolder = null, bool IsGuarded = false)
{
    /// <summary>The script that plugs the vif in, an absolute path; null: none does.</summary>
    public string? Script { get; init; }
}
