// SPDX-License-Identifier: MIT
namespace Domovoi.Xen.Abi;

/// <summary><c>domid_t</c>, xen.h.</summary>
public readonly record struct DomainId(ushort Value)
{
    /// <summary>The host, which serves every back end.</summary>
    public static DomainId Zero => new(0);

    /// <summary><c>DOMID_SELF</c></summary>
    public static DomainId Self => new(0x7FF0);
}

/// <summary>A machine frame number: <c>xen_pfn_t</c> of real memory. Private to the domain's process.</summary>
public readonly record struct Mfn(ulong Value)
{
    /// <summary>What tables hold where there is no frame.</summary>
    public static Mfn Invalid => new(ulong.MaxValue);
}

/// <summary>A pseudo-physical frame number: the guest's own contiguous numbering.</summary>
public readonly record struct Pfn(ulong Value);

/// <summary><c>evtchn_port_t</c>: a port number in one domain's event-channel table. Port 0 is never valid.</summary>
public readonly record struct EventPort(uint Value);

/// <summary><c>grant_ref_t</c>: an index in a domain's grant table.</summary>
public readonly record struct GrantRef(uint Value);
