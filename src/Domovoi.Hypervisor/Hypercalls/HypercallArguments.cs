// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>The argument registers of a hypercall: RDI, RSI, RDX, R10, R8.</summary>
public readonly record struct HypercallArguments(ulong A0, ulong A1, ulong A2, ulong A3, ulong A4);
