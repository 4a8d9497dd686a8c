// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Hypercalls;

/// <summary>What a domain without privileges is told when it names a domain.</summary>
internal static class ForeignDomain
{
    private const ushort InputOutput = 0x7FF1;
    private const ushort Xen = 0x7FF2;

    /// <summary>The <c>foreigndom</c> of the MMU calls: only <c>DOMID_SELF</c> will do, not even the domain's own number.</summary>
    public static XenError CheckOwner(DomainId owner) =>
        owner == DomainId.Self ? XenError.None
        : owner.Value is 0 or InputOutput or Xen ? XenError.NotPermitted
        : XenError.NoSuchProcess;

    /// <summary>A domain that the caller may ask about or act for: itself, by either name.</summary>
    public static XenError CheckSelf(DomainId domain, DomainId self) =>
        domain == DomainId.Self || domain == self ? XenError.None
        : domain == DomainId.Zero ? XenError.NotPermitted
        : XenError.NoSuchProcess;
}
