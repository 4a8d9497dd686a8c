// SPDX-License-Identifier: MIT
namespace Domovoi.Contracts.Control;

/// <summary>Asks the guest's kernel to end, through <c>control/shutdown</c>.</summary>
/// <param name="Reason">xenstore-paths: <c>poweroff</c>, <c>reboot</c>, <c>halt</c>, <c>suspend</c>.</param>
/// <param name="AcknowledgeMilliseconds">How long to wait for the guest to take the request; the end itself is not waited for.</param>
public sealed record ShutdownRequest(string Reason, int AcknowledgeMilliseconds = 10_000);
