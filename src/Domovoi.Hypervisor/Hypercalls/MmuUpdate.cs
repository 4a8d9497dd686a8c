// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_mmu_update</c></summary>
internal static class MmuUpdate
{
    /// <summary>Requests copied in at once; between two such lots the call gives way.</summary>
    private const int ChunkLength = 32;

    /// <summary><c>MMU_UPDATE_PREEMPTED</c>: Xen's own mark on a call it continues.</summary>
    private const uint ContinuedBit = 1u << 31;

    private const int RequestSize = 16;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        uint count = (uint)arguments.A1 & ~ContinuedBit;
        uint foreign = (uint)arguments.A3;
        XenError error = foreign >> 16 == 0
            ? ForeignDomain.CheckOwner(new DomainId((ushort)foreign))
            : ForeignDomain.CheckSelf(new DomainId((ushort)((foreign >> 16) - 1)), caller.Domain.Id);
        if (error != XenError.None)
        {
            return (long)error;
        }

        uint earlier = 0;
        if (((uint)arguments.A1 & ContinuedBit) != 0 && arguments.A2 != 0)
        {
            caller.TryRead(arguments.A2, out earlier);
        }

        error = Apply(caller, arguments.A0, count, out uint done);
        if (arguments.A2 != 0)
        {
            caller.TryWrite(arguments.A2, earlier + done);
        }

        return error == XenError.None && done < count
            ? Continuation.With(caller, arguments.A0 + ((ulong)done * RequestSize), (count - done) | ContinuedBit, arguments.A2, arguments.A3)
            : (long)error;
    }

    /// <summary>Applies as many as it may before it must give way.</summary>
    private static XenError Apply(Vcpu caller, ulong pointer, uint count, out uint done)
    {
        Span<MmuUpdateRequest> chunk = stackalloc MmuUpdateRequest[ChunkLength];
        done = 0;
        while (done < count && (done == 0 || !Continuation.IsDue(caller)))
        {
            Span<MmuUpdateRequest> requests = chunk[..(int)Math.Min(ChunkLength, count - done)];
            ulong next = pointer + ((ulong)done * RequestSize);
            if (!caller.TryRead(next, MemoryMarshal.AsBytes(requests)))
            {
                // The end of a list may be unreadable; what comes before still counts.
                requests = requests[..1];
                if (!caller.TryRead(next, MemoryMarshal.AsBytes(requests)))
                {
                    return XenError.BadAddress;
                }
            }

            XenError error = caller.Domain.PageTables.Update(requests, out int applied);
            done += (uint)applied;
            if (error != XenError.None)
            {
                return error;
            }
        }

        return XenError.None;
    }
}
