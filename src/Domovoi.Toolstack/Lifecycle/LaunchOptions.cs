// SPDX-License-Identifier: MIT
namespace Domovoi.Toolstack.Lifecycle;

/// <summary>What the person who starts a domain decides, beside its configuration.</summary>
/// <param name="StartPaused">Made, but not run until it is unpaused.</param>
/// <param name="Verbose">Debugging detail in the hypervisor's log.</param>
/// <param name="PerfMap">A map of translated code for perf is left when the guest ends.</param>
public sealed record LaunchOptions(bool StartPaused = false, bool Verbose = false, bool PerfMap = false);
