// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Frames;

/// <summary>Owner, type and reference counts of every machine frame, and the machine-to-physical table.</summary>
public sealed class FrameTable
{
}
