// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>The FIFO layout: one word per port in frames the guest gives, linked into 16 queues per vCPU.</summary>
/// <remarks>
/// <code>
/// event word      31       30      29      28    27 .. 17   16 .... 0
///                 PENDING  MASKED  LINKED  BUSY  0          next port
/// control block   ready (a bit per queue), reserved, head[16]
/// </code>
/// The hypervisor appends at the tail, which only it knows; the guest takes from the head. Example: an event arrives on
/// an empty queue: PENDING and LINKED are set, head names the port, the queue's ready bit is set, the vCPU is woken.
/// </remarks>
internal sealed class FifoLayout : IEventLayout
{
    private const uint WordsPerFrame = PhysicalAddress.PageSize / sizeof(uint);
    private const int ReadyOffset = 0;
    private const int HeadsOffset = 8;

    /// <summary>A linked word may change four times under the guest's own rules; more tries mean it breaks them.</summary>
    private const int LinkTries = 5;

    private readonly GuestMemory _memory;
    private readonly Lock _gate = new();                    // guards the fields below; held for one event
    private readonly ulong[] _arrayFrames = new ulong[EventChannelLimits.FifoPorts / WordsPerFrame];
    private readonly FifoQueues[] _queues;
    private volatile int _arrayFrameCount;

    public FifoLayout(GuestMemory memory, int vcpuCount)
    {
        _memory = memory;
        _queues = new FifoQueues[vcpuCount];
        for (int vcpu = 0; vcpu < vcpuCount; vcpu++)
        {
            _queues[vcpu] = new FifoQueues();
        }
    }

    public uint PortLimit => EventChannelLimits.FifoPorts;

    /// <summary>Frames the guest gave for words.</summary>
    public int ArrayFrameCount => _arrayFrameCount;

    /// <summary>Whether <c>EVTCHNOP_expand_array</c> can add another frame.</summary>
    public bool CanExpand => _arrayFrameCount < _arrayFrames.Length;

    /// <summary>Whether a vCPU has given its control block.</summary>
    public bool HasControlBlock(int vcpu) => _queues[vcpu].HasControlBlock;

    /// <summary><c>EVTCHNOP_init_control</c>: the caller holds a writable reference on the frame.</summary>
    public void SetControlBlock(int vcpu, PhysicalAddress address)
    {
        lock (_gate)
        {
            _queues[vcpu].ControlBlock = address;
        }
    }

    /// <summary><c>EVTCHNOP_expand_array</c>: the caller holds a writable reference on the frame.</summary>
    public void AddArrayFrame(ulong frame)
    {
        lock (_gate)
        {
            _arrayFrames[_arrayFrameCount] = frame;
            _arrayFrameCount++;
        }
    }

    /// <summary>Every frame the guest gave, to drop the references on them.</summary>
    public IEnumerable<ulong> Frames()
    {
        for (int index = 0; index < _arrayFrameCount; index++)
        {
            yield return _arrayFrames[index];
        }

        foreach (FifoQueues queues in _queues)
        {
            if (queues.HasControlBlock)
            {
                yield return queues.ControlBlock.Frame;
            }
        }
    }

    public void SetPending(IEventTarget target, EventChannel channel)
    {
        bool notify;
        lock (_gate)
        {
            notify = Queue(target.Id, channel);
        }

        if (notify)
        {
            target.NotifyEvent();
        }
    }

    public void ClearPending(EventChannel channel)
    {
        channel.PendingWithoutWord = false;
        if (HasWord(channel.Port.Value))
        {
            Interlocked.And(ref Word(channel.Port.Value), ~EventChannelLimits.FifoPending);
        }
    }

    public void Unmask(IEventTarget target, EventChannel channel)
    {
        if (!HasWord(channel.Port.Value))
        {
            return;
        }

        uint old = Interlocked.And(ref Word(channel.Port.Value), ~EventChannelLimits.FifoMasked);
        if ((old & EventChannelLimits.FifoPending) != 0)
        {
            SetPending(target, channel);
        }
    }

    public bool IsPending(EventChannel channel) =>
        HasWord(channel.Port.Value) && IsSet(channel.Port.Value, EventChannelLimits.FifoPending);

    public bool IsMasked(EventChannel channel) =>
        !HasWord(channel.Port.Value) || IsSet(channel.Port.Value, EventChannelLimits.FifoMasked);

    public bool IsBusy(EventChannel channel) =>
        HasWord(channel.Port.Value) && IsSet(channel.Port.Value, EventChannelLimits.FifoLinked);

    /// <returns>Whether the vCPU must be told.</returns>
    private bool Queue(int vcpu, EventChannel channel)
    {
        uint port = channel.Port.Value;
        if (!HasWord(port))
        {
            channel.PendingWithoutWord = true;
            return false;
        }

        FifoQueues queues = _queues[vcpu];
        if (!queues.HasControlBlock)
        {
            return false;
        }

        ref uint word = ref Word(port);
        uint old = Interlocked.Or(ref word, EventChannelLimits.FifoPending);
        if ((old & EventChannelLimits.FifoMasked) != 0 ||
            (Interlocked.Or(ref word, EventChannelLimits.FifoLinked) & EventChannelLimits.FifoLinked) != 0)
        {
            return false;
        }

        ref uint oldTail = ref _queues[channel.LastQueue.Vcpu].Tails[channel.LastQueue.Priority];
        if (oldTail == port)
        {
            oldTail = 0;
        }

        byte priority = channel.Priority;
        channel.LastQueue = (vcpu, priority);
        return Append(queues, priority, port);
    }

    private bool Append(FifoQueues queues, byte priority, uint port)
    {
        ref uint tail = ref queues.Tails[priority];
        bool linked = tail != 0 && TryLink(ref Word(tail), port);
        tail = port;
        if (linked)
        {
            return false;
        }

        Volatile.Write(ref Control(queues, HeadsOffset + (priority * sizeof(uint))), port);
        uint bit = 1u << priority;
        return (Interlocked.Or(ref Control(queues, ReadyOffset), bit) & bit) == 0;
    }

    /// <summary>Makes the tail point at <paramref name="port"/> if the guest has not taken the tail off yet.</summary>
    private static bool TryLink(ref uint tail, uint port)
    {
        uint old = Volatile.Read(ref tail);
        for (int attempt = 0; attempt < LinkTries; attempt++)
        {
            if ((old & EventChannelLimits.FifoLinked) == 0)
            {
                if (attempt > 0)
                {
                    Interlocked.And(ref tail, ~EventChannelLimits.FifoBusy);
                }

                return false;
            }

            uint next = (old & ~(EventChannelLimits.FifoBusy | EventChannelLimits.FifoLinkMask)) | port;
            uint seen = Interlocked.CompareExchange(ref tail, next, old);
            if (seen == old)
            {
                return true;
            }

            old = attempt == 0 ? Interlocked.Or(ref tail, EventChannelLimits.FifoBusy) | EventChannelLimits.FifoBusy : seen;
        }

        Interlocked.And(ref tail, ~EventChannelLimits.FifoBusy);
        return true;
    }

    private bool HasWord(uint port) => port / WordsPerFrame < (uint)_arrayFrameCount;

    private bool IsSet(uint port, uint bit) => (Volatile.Read(ref Word(port)) & bit) != 0;

    private ref uint Word(uint port) => ref _memory.Shared<uint>(
        PhysicalAddress.OfFrame(_arrayFrames[port / WordsPerFrame]) + (port % WordsPerFrame * sizeof(uint)));

    private ref uint Control(FifoQueues queues, int offset) =>
        ref _memory.Shared<uint>(queues.ControlBlock + (ulong)offset);
}
