// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_mmuext_op</c></summary>
internal static class MmuExtOp
{
    /// <summary><c>MMU_UPDATE_PREEMPTED</c></summary>
    private const uint ContinuedBit = 1u << 31;
    private const int RequestSize = 24;
    private const uint LargestLdt = 8192;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        uint count = (uint)arguments.A1 & ~ContinuedBit;
        XenError error = ForeignDomain.CheckOwner(new DomainId((ushort)arguments.A3));
        if (error != XenError.None)
        {
            return (long)error;
        }

        uint earlier = 0;
        if (((uint)arguments.A1 & ContinuedBit) != 0 && arguments.A2 != 0)
        {
            caller.TryRead(arguments.A2, out earlier);
        }

        uint done = 0;
        while (done < count && (done == 0 || !Continuation.IsDue(caller)))
        {
            error = caller.TryRead(arguments.A0 + ((ulong)done * RequestSize), out MmuExtendedRequest request)
                ? Apply(caller, in request)
                : XenError.BadAddress;
            if (error != XenError.None)
            {
                break;
            }

            done++;
        }

        if (arguments.A2 != 0)
        {
            caller.TryWrite(arguments.A2, earlier + done);
        }

        return error == XenError.None && done < count
            ? Continuation.With(caller, arguments.A0 + ((ulong)done * RequestSize), (count - done) | ContinuedBit, arguments.A2, arguments.A3)
            : (long)error;
    }

    private static XenError Apply(Vcpu caller, in MmuExtendedRequest request)
    {
        PageTables tables = caller.Domain.PageTables;
        Mfn frame = new(request.Argument1);
        switch (request.Command)
        {
            case MmuExtendedCommand.PinLevel1:
            case MmuExtendedCommand.PinLevel2:
            case MmuExtendedCommand.PinLevel3:
            case MmuExtendedCommand.PinLevel4:
                return tables.Pin(frame, (int)(request.Command - MmuExtendedCommand.PinLevel1) + 1);
            case MmuExtendedCommand.Unpin:
                return tables.Unpin(frame);
            case MmuExtendedCommand.NewBasePointer:
                return tables.SetKernelRoot(caller.AddressSpace, frame);
            case MmuExtendedCommand.NewUserBasePointer:
                return tables.SetUserRoot(caller.AddressSpace, frame);
            case MmuExtendedCommand.SetLdt:
                return SetLdt(caller, request.Argument1, (uint)request.Argument2);
            case MmuExtendedCommand.ClearPage:
                return tables.ClearPage(frame);
            case MmuExtendedCommand.CopyPage:
                return tables.CopyPage(frame, new Mfn(request.Argument2));
            case MmuExtendedCommand.FlushCache:
            case MmuExtendedCommand.FlushCacheGlobal:
                return XenError.AccessDenied;
            case MmuExtendedCommand.MarkSuperpage:
            case MmuExtendedCommand.UnmarkSuperpage:
                return XenError.NotSupported;
            default:
                return Flush(caller, in request);
        }
    }

    private static XenError Flush(Vcpu caller, in MmuExtendedRequest request)
    {
        PageTables tables = caller.Domain.PageTables;
        ulong vcpus = VcpuBitmap.All;
        switch (request.Command)
        {
            case MmuExtendedCommand.FlushLocal:
                tables.Flush(VcpuBitmap.Only(caller));
                return XenError.None;
            case MmuExtendedCommand.InvalidateLocal:
                tables.Invalidate(VcpuBitmap.Only(caller), request.Argument1);
                return XenError.None;
            case MmuExtendedCommand.FlushMulti:
            case MmuExtendedCommand.InvalidateMulti:
                if (!VcpuBitmap.TryRead(caller, request.Argument2, out vcpus))
                {
                    return XenError.InvalidArgument;
                }

                break;
            case MmuExtendedCommand.FlushAll:
            case MmuExtendedCommand.InvalidateAll:
                break;
            default:
                return XenError.NotImplemented;
        }

        if (request.Command is MmuExtendedCommand.FlushMulti or MmuExtendedCommand.FlushAll)
        {
            tables.Flush(vcpus);
        }
        else if (X86Addresses.IsCanonical(request.Argument1))
        {
            tables.Invalidate(vcpus, request.Argument1);
        }

        return XenError.None;
    }

    /// <summary><c>MMUEXT_SET_LDT</c></summary>
    private static XenError SetLdt(Vcpu caller, ulong linear, uint entries)
    {
        bool isUsable = linear % 4096 == 0 && X86Addresses.IsCanonical(linear) && !X86Addresses.IsReserved(linear);
        if (entries > LargestLdt || (entries != 0 && !isUsable))
        {
            return XenError.InvalidArgument;
        }

        caller.Descriptors.SetLdt(linear, (int)entries);
        return XenError.None;
    }
}
