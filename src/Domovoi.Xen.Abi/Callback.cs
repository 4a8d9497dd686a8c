// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Xen.Abi;

/// <summary><c>CALLBACKOP_*</c>, callback.h.</summary>
public enum CallbackCommand : uint
{
    /// <summary><c>CALLBACKOP_register</c></summary>
    Register = 0,

    /// <summary><c>CALLBACKOP_unregister</c></summary>
    Unregister = 1,
}

/// <summary><c>CALLBACKTYPE_*</c></summary>
public enum CallbackKind : ushort
{
    /// <summary><c>CALLBACKTYPE_event</c></summary>
    Event = 0,

    /// <summary><c>CALLBACKTYPE_failsafe</c></summary>
    Failsafe = 1,

    /// <summary><c>CALLBACKTYPE_syscall</c></summary>
    Syscall = 2,

    /// <summary><c>CALLBACKTYPE_sysenter_deprecated</c></summary>
    SysenterDeprecated = 3,

    /// <summary><c>CALLBACKTYPE_nmi</c></summary>
    Nmi = 4,

    /// <summary><c>CALLBACKTYPE_sysenter</c></summary>
    Sysenter = 5,

    /// <summary><c>CALLBACKTYPE_syscall32</c></summary>
    Syscall32 = 7,
}

/// <summary><c>struct callback_register</c></summary>
[StructLayout(LayoutKind.Sequential)]
public struct CallbackRegister
{
    /// <summary><c>CALLBACKF_mask_events</c>: enter the callback with event delivery disabled.</summary>
    public const ushort MaskEventsFlag = 1;

    public CallbackKind Kind;
    public ushort Flags;
    private uint _padding;

    /// <summary><c>xen_callback_t</c>: on x86-64 an address.</summary>
    public ulong Address;
}

/// <summary><c>struct callback_unregister</c></summary>
public struct CallbackUnregister
{
    public CallbackKind Kind;
    public ushort Unused;
}
