// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Launch;

/// <summary>The one line <c>domovoi-vm</c> says to who started it: the guest runs, or why it does not.</summary>
/// <remarks>End of file without a line means that the process died; its standard error and hypervisor.log say more.</remarks>
public sealed record LaunchReport(bool Ok, Problem? Problem = null);
