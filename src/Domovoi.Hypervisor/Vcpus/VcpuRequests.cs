// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Vcpus;

/// <summary>What other threads want a vCPU's thread to look at before it runs guest code again.</summary>
[Flags]
internal enum VcpuRequests
{
    None = 0,

    /// <summary>The domain was paused, unpaused or ended, or the vCPU brought up or down.</summary>
    StateChanged = 1,

    /// <summary>A timer's deadline passed.</summary>
    TimerDue = 2,

    /// <summary><c>VCPUOP_send_nmi</c></summary>
    Nmi = 4,

    /// <summary>The registers were set from outside: the segments they name have yet to be loaded.</summary>
    ReloadSegments = 8,

    /// <summary>Somebody waits for <see cref="Vcpu.DescribeCode"/>.</summary>
    DescribeCode = 16,
}
