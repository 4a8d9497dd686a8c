// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Host;

/// <summary>What <c>dom host setup</c> shall make of a machine.</summary>
/// <param name="Bridge">The bridge that guests are put on.</param>
/// <param name="Port">A network interface of the machine to put on the bridge; null: none.</param>
/// <param name="Root">Where the machine's files are: "/" but for tests and images; elsewhere nothing that runs is changed.</param>
public sealed record HostSettings(string Bridge = "xenbr0", string? Port = null, string Root = "/");
