// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Traps;
using Domovoi.Hypervisor.Vcpus;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary><c>__HYPERVISOR_callback_op</c>, and its predecessors <c>__HYPERVISOR_set_callbacks</c> and <c>__HYPERVISOR_nmi_op</c>.</summary>
internal static class CallbackOp
{
    private const byte NmiVector = 2;

    internal static long Invoke(Vcpu caller, in HypercallArguments arguments)
    {
        switch ((CallbackCommand)(uint)arguments.A0)
        {
            case CallbackCommand.Register:
                return (long)(caller.TryRead(arguments.A1, out CallbackRegister request)
                    ? Register(caller, request.Kind, request.Address, (request.Flags & CallbackRegister.MaskEventsFlag) != 0)
                    : XenError.BadAddress);
            case CallbackCommand.Unregister:
                return (long)(caller.TryRead(arguments.A1, out CallbackUnregister unregister)
                    ? Unregister(caller, unregister.Kind)
                    : XenError.BadAddress);
            default:
                return (long)XenError.NotImplemented;
        }
    }

    /// <summary><c>__HYPERVISOR_set_callbacks</c></summary>
    internal static long SetCallbacks(Vcpu caller, in HypercallArguments arguments)
    {
        Register(caller, CallbackKind.Event, arguments.A0, masksEvents: false);
        Register(caller, CallbackKind.Failsafe, arguments.A1, masksEvents: false);
        Register(caller, CallbackKind.Syscall, arguments.A2, masksEvents: false);
        return 0;
    }

    /// <summary><c>__HYPERVISOR_nmi_op</c>: 0 is <c>XENNMI_register_callback</c>, 1 <c>XENNMI_unregister_callback</c>.</summary>
    internal static long NmiOp(Vcpu caller, in HypercallArguments arguments)
    {
        switch ((uint)arguments.A0)
        {
            case 0:
                return (long)(caller.TryRead(arguments.A1, out ulong address)
                    ? Register(caller, CallbackKind.Nmi, address, masksEvents: true)
                    : XenError.BadAddress);
            case 1:
                return (long)Unregister(caller, CallbackKind.Nmi);
            default:
                return (long)XenError.NotImplemented;
        }
    }

    private static XenError Register(Vcpu caller, CallbackKind kind, ulong address, bool masksEvents)
    {
        if (!X86Addresses.IsCanonical(address))
        {
            return XenError.InvalidArgument;
        }

        GuestEntryPoint entry = new(address, masksEvents);
        switch (kind)
        {
            case CallbackKind.Event:
                caller.EntryPoints.Event = address;
                return XenError.None;
            case CallbackKind.Failsafe:
                caller.EntryPoints.Failsafe = entry;
                return XenError.None;
            case CallbackKind.Syscall:
                caller.EntryPoints.Syscall = entry;
                return XenError.None;
            case CallbackKind.Syscall32:
                caller.EntryPoints.Syscall32 = entry;
                return XenError.None;
            case CallbackKind.Sysenter:
                caller.EntryPoints.Sysenter = entry;
                return XenError.None;
            case CallbackKind.Nmi:
                caller.EntryPoints.SetTrap(new TrapInfo
                {
                    Vector = NmiVector,
                    Flags = TrapInfo.MaskEventsFlag,
                    CodeSelector = X86Selectors.Code64,
                    Address = address,
                });
                return XenError.None;
            default:
                return XenError.NotImplemented;
        }
    }

    private static XenError Unregister(Vcpu caller, CallbackKind kind)
    {
        switch (kind)
        {
            case CallbackKind.Nmi:
                caller.EntryPoints.ClearTrap(NmiVector);
                return XenError.None;
            case CallbackKind.Event or CallbackKind.Failsafe or CallbackKind.Syscall
                or CallbackKind.Syscall32 or CallbackKind.Sysenter:
                return XenError.InvalidArgument;
            default:
                return XenError.NotImplemented;
        }
    }
}
