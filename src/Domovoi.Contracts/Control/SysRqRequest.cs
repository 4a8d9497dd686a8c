// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>Sends a magic SysRq key to the guest, through <c>control/sysrq</c>.</summary>
public sealed record SysRqRequest(char Key);
