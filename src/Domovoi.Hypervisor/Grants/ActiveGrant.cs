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

    public readonly bool IsPinned => (Readers | Writers) != 0;
}
