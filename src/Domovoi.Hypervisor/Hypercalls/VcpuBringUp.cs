// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>VCPUOP_initialise</c>, <c>VCPUOP_up</c> and <c>VCPUOP_down</c>.</summary>
internal static class VcpuBringUp
{
    /// <summary><c>VCPUOP_initialise</c></summary>
    internal static XenError Initialise(Vcpu caller, Vcpu target, ulong pointer)
    {
        if (target.IsInitialised)
        {
            return XenError.Exists;
        }

        if (!caller.TryRead(pointer, out VcpuGuestContext context))
        {
            return XenError.BadAddress;
        }

        XenError error = VcpuContextLoader.Load(target, in context);
        if (error == XenError.None)
        {
            target.Request(VcpuRequests.ReloadSegments);
        }

        return error;
    }

    /// <summary><c>VCPUOP_up</c></summary>
    internal static XenError Up(Vcpu target)
    {
        if (!target.IsInitialised)
        {
            return XenError.InvalidArgument;
        }

        target.IsOnline = true;
        target.Request(VcpuRequests.StateChanged);
        return XenError.None;
    }

    /// <summary><c>VCPUOP_down</c>: the last one down powers the domain off.</summary>
    internal static XenError Down(Vcpu target)
    {
        bool othersUp = false;
        foreach (Vcpu vcpu in target.Domain.Vcpus)
        {
            othersUp |= vcpu != target && vcpu.IsOnline;
        }

        if (!othersUp)
        {
            target.Domain.ShutDown(ShutdownReason.PowerOff);
            return XenError.None;
        }

        target.IsOnline = false;
        target.Request(VcpuRequests.StateChanged);
        return XenError.None;
    }
}
