// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_physdev_op</c> of a domain without devices: I/O privilege, and refusals.</summary>
internal static class PhysdevOp
{
    private const uint MostPorts = 65536;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments) => (PhysdevCommand)(uint)arguments.A0 switch
    {
        PhysdevCommand.SetIopl => (long)SetIopl(caller, arguments.A1),
        PhysdevCommand.SetIoBitmap => (long)SetIoBitmap(caller, arguments.A1),
        PhysdevCommand.PirqEoiFrameV1 or PhysdevCommand.PirqEoiFrameV2 => (long)XenError.NotImplemented,
        PhysdevCommand.Eoi or PhysdevCommand.IrqStatusQuery or PhysdevCommand.MapPirq or PhysdevCommand.UnmapPirq =>
            (long)XenError.InvalidArgument,
        PhysdevCommand.ApicRead or PhysdevCommand.ApicWrite or PhysdevCommand.AllocateIrqVector =>
            (long)XenError.NotPermitted,
        _ => (long)XenError.NotImplemented,
    };

    /// <summary><c>PHYSDEVOP_set_iopl</c></summary>
    private static XenError SetIopl(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out PhysdevSetIopl request))
        {
            return XenError.BadAddress;
        }

        if (request.Iopl > 3)
        {
            return XenError.InvalidArgument;
        }

        caller.IoPrivilegeLevel = (ulong)request.Iopl << 12;
        return XenError.None;
    }

    /// <summary><c>PHYSDEVOP_set_iobitmap</c></summary>
    private static XenError SetIoBitmap(Vcpu caller, ulong pointer)
    {
        if (!caller.TryRead(pointer, out PhysdevSetIoBitmap request))
        {
            return XenError.BadAddress;
        }

        if (request.PortCount > MostPorts || X86Addresses.IsReserved(request.Bitmap))
        {
            return XenError.InvalidArgument;
        }

        caller.Privileged.IoBitmap = request.Bitmap;
        caller.Privileged.IoBitmapPorts = request.PortCount;
        return XenError.None;
    }
}
