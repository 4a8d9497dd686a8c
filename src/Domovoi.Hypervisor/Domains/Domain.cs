// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Events;
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Grants;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Domains;

/// <summary>One virtual machine: composes its subsystems and carries its lifecycle.</summary>
public sealed class Domain(DomainId id, GuestMemory memory, FrameTable frames, PhysicalAddress sharedInfo, IReadOnlyList<IEventTarget> vcpus)
{
    public DomainId Id { get; } = id;

    /// <summary>Machine memory: RAM frames first or not, shared_info, grant and M2P frames; see <see cref="FrameTable"/>.</summary>
    public GuestMemory Memory { get; } = memory;

    public FrameTable Frames { get; } = frames;

    public EventChannelTable EventChannels { get; } = new(id, frames, sharedInfo, vcpus);

    public GrantTable Grants { get; } = new(id, frames);
}
