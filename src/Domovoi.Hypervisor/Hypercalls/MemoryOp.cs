// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_memory_op</c>: the queries; what moves frames is <see cref="MemoryReservation"/>.</summary>
internal static class MemoryOp
{
    private const int FramesPerExtent = 512;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        MemoryCommand command = (MemoryCommand)((uint)arguments.A0 & MemoryReservation.CommandMask);
        ulong start = arguments.A0 >> MemoryReservation.ExtentShift;
        ulong pointer = arguments.A1;
        FrameTable frames = caller.Domain.Frames;
        switch (command)
        {
            case MemoryCommand.IncreaseReservation:
            case MemoryCommand.DecreaseReservation:
            case MemoryCommand.PopulatePhysmap:
                return MemoryReservation.Change(caller, command, start, pointer);
            case MemoryCommand.Exchange:
                return MemoryReservation.Exchange(caller, pointer);
            case MemoryCommand.MaximumRamPage:
                return (long)frames.EndOfRam;
            case MemoryCommand.CurrentReservation:
                return OfDomain(caller, pointer, frames.CurrentPages);
            case MemoryCommand.MaximumReservation:
                return OfDomain(caller, pointer, frames.MaximumPages);
            case MemoryCommand.MaximumGpfn:
                return OfDomain(caller, pointer, frames.MaximumPages - 1);
            case MemoryCommand.MachphysMfnList:
                return (long)MachphysMfnList(caller, pointer);
            case MemoryCommand.MachphysMapping:
                return (long)MachphysMapping(caller, pointer);
            case MemoryCommand.MemoryMap:
                return (long)MemoryMap(caller, pointer);
            case MemoryCommand.AddToPhysmap:
            case MemoryCommand.AddToPhysmapBatch:
            case MemoryCommand.RemoveFromPhysmap:
                return (long)XenError.AccessDenied;         // a PV domain's frames have the numbers they have
            case MemoryCommand.MachineMemoryMap:
            case MemoryCommand.SetMemoryMap:
            case MemoryCommand.SetPodTarget:
            case MemoryCommand.GetPodTarget:
            case MemoryCommand.ClaimPages:
                return (long)XenError.NotPermitted;
            case MemoryCommand.GetVnumaInfo:
                return (long)XenError.NotSupported;
            case MemoryCommand.MachphysCompatMfnList:
            default:
                caller.Domain.Log.WriteOnce($"memory_op {command}", $"memory_op {(uint)command} is not implemented.");
                return (long)XenError.NotImplemented;
        }
    }

    private static long OfDomain(Vcpu caller, ulong pointer, ulong value)
    {
        if (!caller.TryRead(pointer, out DomainId domain))
        {
            return (long)XenError.BadAddress;
        }

        XenError error = ForeignDomain.CheckSelf(domain, caller.Domain.Id);
        return error == XenError.None ? (long)value : (long)error;
    }

    /// <summary><c>XENMEM_machphys_mfn_list</c>: the first frame of each 2 MiB of the machine-to-physical table.</summary>
    private static XenError MachphysMfnList(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out XenMachphysMfnList request))
        {
            return XenError.BadAddress;
        }

        MachineToPhysical table = caller.Domain.Frames.MachineToPhysical;
        ulong extents = (table.PageCount + FramesPerExtent - 1) / FramesPerExtent;
        request.ExtentCount = (uint)Math.Min(request.MaximumExtents, extents);
        for (uint index = 0; index < request.ExtentCount; index++)
        {
            Mfn frame = new(table.FirstPage.Value + (index * FramesPerExtent));
            if (!caller.TryWrite(request.ExtentStart + (index * sizeof(ulong)), in frame))
            {
                return XenError.BadAddress;
            }
        }

        return caller.TryWrite(pointer, in request) ? XenError.None : XenError.BadAddress;
    }

    /// <summary><c>XENMEM_machphys_mapping</c></summary>
    private static XenError MachphysMapping(Vcpu caller, ulong pointer)
    {
        XenMachphysMapping mapping = new()
        {
            Start = X86Addresses.MachineToPhysicalStart,
            End = X86Addresses.MachineToPhysicalEnd,
            MaximumFrame = caller.Domain.Frames.MachineToPhysical.EntryCount - 1,
        };
        return caller.TryWrite(pointer, in mapping) ? XenError.None : XenError.BadAddress;
    }

    /// <summary><c>XENMEM_memory_map</c>: one entry of RAM, as large as the domain may grow.</summary>
    private static XenError MemoryMap(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out XenMemoryMap request))
        {
            return XenError.BadAddress;
        }

        if (request.EntryCount == 0)
        {
            return XenError.InvalidArgument;
        }

        E820Entry entry = new() { Length = caller.Domain.Frames.MaximumPages << 12, Type = E820Entry.Ram };
        request.EntryCount = 1;
        return caller.TryWrite(request.Buffer, in entry) && caller.TryWrite(pointer, in request)
            ? XenError.None
            : XenError.BadAddress;
    }
}
