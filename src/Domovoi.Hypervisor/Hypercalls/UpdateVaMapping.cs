// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.PvMmu;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_update_va_mapping</c> and <c>__HYPERVISOR_update_va_mapping_otherdomain</c></summary>
internal static class UpdateVaMapping
{
    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        PageTables tables = caller.Domain.PageTables;
        XenError error = tables.UpdateVaMapping(caller.AddressSpace, arguments.A0, arguments.A1);
        UpdateVaMappingFlags flags = (UpdateVaMappingFlags)arguments.A2;
        return (long)(error == XenError.None && (flags & UpdateVaMappingFlags.FlushTypeMask) != 0
            ? Flush(caller, arguments.A0, flags)
            : error);
    }

    internal static long InvokeForOtherDomain(Vcpu caller, in HypercallArguments arguments)
    {
        XenError error = ForeignDomain.CheckOwner(new DomainId((ushort)arguments.A3));
        return error == XenError.None ? Invoke(caller, in arguments) : (long)error;
    }

    private static XenError Flush(Vcpu caller, ulong linear, UpdateVaMappingFlags flags)
    {
        ulong pointer = (ulong)(flags & ~UpdateVaMappingFlags.FlushTypeMask);
        ulong vcpus = VcpuBitmap.Only(caller);
        if (pointer == (ulong)UpdateVaMappingFlags.All)
        {
            vcpus = VcpuBitmap.All;
        }
        else if (pointer != 0 && !VcpuBitmap.TryRead(caller, pointer, out vcpus))
        {
            return XenError.InvalidArgument;
        }

        switch (flags & UpdateVaMappingFlags.FlushTypeMask)
        {
            case UpdateVaMappingFlags.FlushTlb:
                caller.Domain.PageTables.Flush(vcpus);
                break;
            case UpdateVaMappingFlags.InvalidatePage:
                caller.Domain.PageTables.Invalidate(vcpus, linear);
                break;
        }

        return XenError.None;
    }
}
