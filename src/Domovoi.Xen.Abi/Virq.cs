// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>VIRQ_*</c>, xen.h.</summary>
public enum Virq : uint
{
    /// <summary><c>VIRQ_TIMER</c>: per vCPU.</summary>
    Timer = 0,

    /// <summary><c>VIRQ_DEBUG</c>: per vCPU.</summary>
    Debug = 1,

    /// <summary><c>VIRQ_CONSOLE</c></summary>
    Console = 2,

    /// <summary><c>VIRQ_DOM_EXC</c></summary>
    DomainException = 3,

    /// <summary><c>VIRQ_TBUF</c></summary>
    TraceBuffer = 4,

    /// <summary><c>VIRQ_DEBUGGER</c></summary>
    Debugger = 6,

    /// <summary><c>VIRQ_XENOPROF</c>: per vCPU.</summary>
    Xenoprof = 7,

    /// <summary><c>VIRQ_CON_RING</c></summary>
    ConsoleRing = 8,

    /// <summary><c>VIRQ_PCPU_STATE</c></summary>
    PhysicalCpuState = 9,

    /// <summary><c>VIRQ_MEM_EVENT</c></summary>
    MemoryEvent = 10,

    /// <summary><c>VIRQ_ARGO</c></summary>
    Argo = 11,

    /// <summary><c>VIRQ_ENOMEM</c></summary>
    OutOfMemory = 12,

    /// <summary><c>VIRQ_XENPMU</c>: per vCPU.</summary>
    XenPmu = 13,

    /// <summary><c>VIRQ_ARCH_0</c>, machine checks.</summary>
    Arch0 = 16,

    /// <summary><c>NR_VIRQS</c></summary>
    Count = 24,
}
