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
            if (left != arguments.A1 && Continuation.IsDue(caller))
            {
                return Continuation.With(caller, pointer, left);
            }

            if (!caller.TryRead(pointer, out MulticallEntry entry))
            {
                return (long)XenError.BadAddress;
            }

            long result = Call(caller, ref entry);
            if (caller.CallIsContinued)
            {
                return KeepProgress(caller, pointer, ref entry) ? Continuation.With(caller, pointer, left) : (long)XenError.BadAddress;
            }

            // iret changes the context that the rest of the list belongs to, so it ends the list.
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

    /// <summary>The guest may not nest.</summary>
    private static long Call(Vcpu caller, ref MulticallEntry entry)
    {
        ref MulticallArguments words = ref entry.Arguments;
        return entry.Operation == (ulong)HypercallNumber.Multicall
            ? (long)XenError.InvalidArgument
            : HypercallTable.Dispatch(
                caller, entry.Operation, new HypercallArguments(words[0], words[1], words[2], words[3], words[4]));
    }

    /// <summary>Puts what is left of an entry's call into the entry.</summary>
    private static bool KeepProgress(Vcpu caller, ulong pointer, ref MulticallEntry entry)
    {
        HypercallArguments rest = Continuation.Take(caller);
        ref MulticallArguments words = ref entry.Arguments;
        (words[0], words[1], words[2], words[3], words[4]) = (rest.A0, rest.A1, rest.A2, rest.A3, rest.A4);
        return caller.TryWrite(pointer, in entry);
    }
}
