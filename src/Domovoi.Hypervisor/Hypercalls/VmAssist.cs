// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_vm_assist</c></summary>
internal static class VmAssist
{
    /// <summary><c>VMASST_TYPE_m2p_strict</c>: accepted; user mode never sees the table here.</summary>
    private const uint MachineToPhysicalStrict = 32;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        uint type = (uint)arguments.A1;
        if (type == MachineToPhysicalStrict)
        {
            return 0;
        }

        if (type >= 32 || ((uint)VmAssists.Known & (1u << (int)type)) == 0)
        {
            return (long)XenError.InvalidArgument;
        }

        VmAssists assist = (VmAssists)(1u << (int)type);
        switch ((VmAssistCommand)(uint)arguments.A0)
        {
            case VmAssistCommand.Enable:
                caller.Domain.Assists |= assist;
                return 0;
            case VmAssistCommand.Disable:
                caller.Domain.Assists &= ~assist;
                return 0;
            default:
                return (long)XenError.NotImplemented;
        }
    }
}
