// SPDX-License-Identifier: MIT
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary>What is in use of one grant entry: who uses which frame, and how often.</summary>
internal struct ActiveGrant
{
    public DomainId User;
    public int Readers;
    public int Writers;
    public ulong Frame;

    /// <summary>The bytes of the frame that may be used, when it may not be mapped: <c>GTF_sub_page</c>.</summary>
    public int Start;
    public int Length;
    public bool IsPart;

    public readonly bool IsPinned => (Readers | Writers) != 0;
}
