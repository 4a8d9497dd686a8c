// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.State;

/// <summary>Which of the two address spaces and TLBs the processor uses.</summary>
public enum CpuMode
{
    Kernel,
    User,
}
