// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_multicall</c>: several calls in one.</summary>
internal static class Multicall
{
    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        ulong pointer = arguments.A0;
        for (ulong left = arguments.A1; left != 0; left--, pointer += MulticallEntry.Size)
        {
            if (!caller.TryRead(pointer, out MulticallEntry entry))
            {
                return (long)XenError.BadAddress;           // also ends a count no list can have
            }

            // The guest may not nest; iret changes the context that the rest of the list belongs to, so it ends the list.
            ref MulticallArguments words = ref entry.Arguments;
            long result = entry.Operation == (ulong)HypercallNumber.Multicall
                ? (long)XenError.InvalidArgument
                : HypercallTable.Dispatch(
                    caller, entry.Operation, new HypercallArguments(words[0], words[1], words[2], words[3], words[4]));
            if (entry.Operation == (ulong)HypercallNumber.Iret)
            {
                return result;
            }

            if (!caller.TryWrite(pointer + MulticallEntry.ResultOffset, in result))
            {
                return (long)XenError.BadAddress;
            }
        }

        return 0;
    }
}
