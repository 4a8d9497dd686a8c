// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_set_trap_table</c></summary>
internal static class SetTrapTable
{
    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        ulong pointer = arguments.A0;
        if (pointer == 0)
        {
            caller.EntryPoints.ClearTraps();
            return 0;
        }

        while (true)
        {
            if (!caller.TryRead(pointer, out TrapInfo trap))
            {
                return (long)XenError.BadAddress;
            }

            if (trap.Address == 0)
            {
                return 0;
            }

            if (!X86Addresses.IsCanonical(trap.Address))
            {
                return (long)XenError.InvalidArgument;
            }

            caller.EntryPoints.SetTrap(in trap);
            pointer += TrapInfo.Size;
            if (Continuation.IsDue(caller))
            {
                return Continuation.With(caller, pointer);
            }
        }
    }
}
