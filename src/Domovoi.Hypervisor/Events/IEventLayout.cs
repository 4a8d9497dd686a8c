// SPDX-License-Identifier: MIT
namespace Domovoi.Hypervisor.Events;

/// <summary>How pending and masked events are laid out in memory the guest shares: 2-level or FIFO.</summary>
/// <remarks>Members are called from any thread.</remarks>
internal interface IEventLayout
{
    /// <summary>Ports this layout can show.</summary>
    uint PortLimit { get; }

    void SetPending(IEventTarget target, EventChannel channel);

    void ClearPending(EventChannel channel);

    void Unmask(IEventTarget target, EventChannel channel);

    bool IsPending(EventChannel channel);

    bool IsMasked(EventChannel channel);

    /// <summary>The port may not be reused yet: the guest still has it in a list.</summary>
    bool IsBusy(EventChannel channel);
}
