// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using Domovoi.Hypervisor.Grants;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_grant_table_op</c></summary>
/// <remarks>The only domains are the caller and domain 0, whose own table grants nothing.</remarks>
internal static class GrantTableOp
{
    private delegate void Operation<T>(Vcpu caller, ref T request)
        where T : unmanaged;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        ulong pointer = arguments.A1;
        uint count = (uint)arguments.A2;
        if ((int)count < 0)
        {
            return (long)XenError.InvalidArgument;
        }

        GrantTableCommand command = (GrantTableCommand)(uint)arguments.A0;
        return command switch
        {
            GrantTableCommand.Map => ForEach<GnttabMapGrantRef>(caller, command, pointer, count, GrantMaps.Map),
            GrantTableCommand.Unmap => ForEach<GnttabUnmapGrantRef>(caller, command, pointer, count, GrantMaps.Unmap),
            GrantTableCommand.UnmapAndReplace =>
                ForEach<GnttabUnmapAndReplace>(caller, command, pointer, count, GrantMaps.UnmapAndReplace),
            GrantTableCommand.SetupTable => (long)SetupTable(caller, pointer, count),
            GrantTableCommand.Transfer => (long)XenError.NotSupported,   // as by Xen told gnttab=no-transfer: nobody could take the frame
            GrantTableCommand.Copy => ForEach<GnttabCopy>(caller, command, pointer, count, Copy),
            GrantTableCommand.QuerySize => Single<GnttabQuerySize>(caller, command, pointer, count, QuerySize),
            GrantTableCommand.SetVersion => (long)SetVersion(caller, pointer),
            GrantTableCommand.GetStatusFrames => Single<GnttabGetStatusFrames>(caller, command, pointer, count, GetStatusFrames),
            GrantTableCommand.GetVersion => (long)GetVersion(caller, pointer),
            GrantTableCommand.SwapGrantRef => ForEach<GnttabSwapGrantRef>(caller, command, pointer, count, Swap),
            GrantTableCommand.CacheFlush => (long)XenError.NotSupported,
            GrantTableCommand.DumpTable => (long)XenError.NotImplemented,
            _ => (long)XenError.NotImplemented,
        };
    }

    private static GrantStatus Check(Vcpu caller, DomainId domain) =>
        ForeignDomain.CheckSelf(domain, caller.Domain.Id) switch
        {
            XenError.None => GrantStatus.Okay,
            XenError.NotPermitted => GrantStatus.PermissionDenied,
            _ => GrantStatus.BadDomain,
        };

    /// <summary>Runs an operation over an array in guest memory, each element copied in and out once.</summary>
    private static long ForEach<T>(Vcpu caller, GrantTableCommand command, ulong pointer, uint count, Operation<T> operation)
        where T : unmanaged
    {
        for (uint index = 0; index < count; index++)
        {
            ulong element = pointer + (index * (ulong)Unsafe.SizeOf<T>());
            if (index != 0 && Continuation.IsDue(caller))
            {
                return Continuation.With(caller, (uint)command, element, count - index);
            }

            if (!caller.TryRead(element, out T request))
            {
                return (long)XenError.BadAddress;
            }

            operation(caller, ref request);
            if (!caller.TryWrite(element, in request))
            {
                return (long)XenError.BadAddress;
            }
        }

        return 0;
    }

    private static long Single<T>(Vcpu caller, GrantTableCommand command, ulong pointer, uint count, Operation<T> operation)
        where T : unmanaged =>
        count == 1 ? ForEach(caller, command, pointer, count, operation) : (long)XenError.InvalidArgument;

    /// <summary><c>GNTTABOP_setup_table</c></summary>
    private static XenError SetupTable(Vcpu caller, ulong pointer, uint count)
    {
        if (count != 1)
        {
            return XenError.InvalidArgument;
        }

        if (!caller.TryRead(pointer, out GnttabSetupTable request))
        {
            return XenError.BadAddress;
        }

        GrantTable grants = caller.Domain.Grants;
        request.Status = Check(caller, request.Domain);
        if (request.Status == GrantStatus.Okay && !grants.TryGrow(request.FrameCount))
        {
            request.Status = GrantStatus.GeneralError;
        }

        for (uint index = 0; request.Status == GrantStatus.Okay && index < request.FrameCount; index++)
        {
            Mfn frame = grants.FrameAt((int)index);
            if (!caller.TryWrite(request.FrameList + (index * sizeof(ulong)), in frame))
            {
                request.Status = GrantStatus.BadVirtualAddress;
            }
        }

        return caller.TryWrite(pointer, in request) ? XenError.None : XenError.BadAddress;
    }

    /// <summary><c>GNTTABOP_query_size</c></summary>
    private static void QuerySize(Vcpu caller, ref GnttabQuerySize request)
    {
        request.Status = Check(caller, request.Domain);
        if (request.Status == GrantStatus.Okay)
        {
            request.FrameCount = (uint)caller.Domain.Grants.FrameCount;
            request.MaximumFrameCount = (uint)caller.Domain.Grants.MaximumFrames;
        }
    }

    /// <summary><c>GNTTABOP_set_version</c></summary>
    private static XenError SetVersion(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out uint version))
        {
            return XenError.BadAddress;
        }

        GrantTable grants = caller.Domain.Grants;
        XenError error = version is 1 or 2 ? grants.SetVersion(version) : XenError.InvalidArgument;
        return caller.TryWrite(pointer, grants.Version) ? error : XenError.BadAddress;
    }

    /// <summary><c>GNTTABOP_get_version</c></summary>
    private static XenError GetVersion(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out GnttabGetVersion request))
        {
            return XenError.BadAddress;
        }

        XenError error = ForeignDomain.CheckSelf(request.Domain, caller.Domain.Id);
        request.Version = caller.Domain.Grants.Version;
        return error != XenError.None || caller.TryWrite(pointer, in request) ? error : XenError.BadAddress;
    }

    /// <summary><c>GNTTABOP_get_status_frames</c></summary>
    private static void GetStatusFrames(Vcpu caller, ref GnttabGetStatusFrames request)
    {
        GrantTable grants = caller.Domain.Grants;
        request.Status = Check(caller, request.Domain);
        if (request.Status == GrantStatus.Okay && request.FrameCount > (uint)grants.StatusFrameCount)
        {
            request.Status = GrantStatus.GeneralError;      // all of them in version 1
        }

        for (uint index = 0; request.Status == GrantStatus.Okay && index < request.FrameCount; index++)
        {
            Mfn frame = grants.StatusFrameAt((int)index);
            if (!caller.TryWrite(request.FrameList + (index * sizeof(ulong)), in frame))
            {
                request.Status = GrantStatus.BadVirtualAddress;
            }
        }
    }

    /// <summary><c>GNTTABOP_copy</c></summary>
    private static void Copy(Vcpu caller, ref GnttabCopy request) =>
        request.Status = new GrantCopier(caller.Domain.Grants, caller.Domain.Frames).Copy(in request);

    /// <summary><c>GNTTABOP_swap_grant_ref</c></summary>
    private static void Swap(Vcpu caller, ref GnttabSwapGrantRef request) =>
        request.Status = caller.Domain.Grants.Swap(request.First, request.Second);
}
