// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>The 16 event queues of one vCPU: where the guest reads their heads, and our tails.</summary>
internal sealed class FifoQueues
{
    private PhysicalAddress? _controlBlock;

    public bool HasControlBlock => _controlBlock.HasValue;

    /// <summary><c>struct evtchn_fifo_control_block</c></summary>
    public PhysicalAddress ControlBlock
    {
        get => _controlBlock.GetValueOrDefault();
        set => _controlBlock = value;
    }

    /// <summary>The port at the end of each queue, 0 when it is known to be empty.</summary>
    public uint[] Tails { get; } = new uint[EventChannelLimits.FifoQueues];
}
