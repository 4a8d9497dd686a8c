// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Frames;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Events;

/// <summary>A domain's event channels without processors, and the guest's side of both layouts.</summary>
internal sealed class EventGuest : IDisposable
{
    private readonly PhysicalAddress _sharedInfo;
    private readonly List<Mfn> _array = [];
    private Mfn _control;

    public EventGuest(int vcpus = 1)
    {
        FrameLayout layout = new(64, firstRamFrame: 5);
        Memory = new GuestMemory(layout.TotalFrames);
        Frames = new FrameTable(Memory, layout);
        _sharedInfo = PhysicalAddress.OfFrame(Frames.AllocateXenFrame(FrameOwner.Shared).Value);
        Vcpus = [.. Enumerable.Range(0, vcpus).Select(id => new FakeVcpu(Memory, id, _sharedInfo + (ulong)(id * 64)))];
        Table = new EventChannelTable(new DomainId(7), Frames, _sharedInfo, Vcpus);
    }

    public GuestMemory Memory { get; }

    public FrameTable Frames { get; }

    public FakeVcpu[] Vcpus { get; }

    public EventChannelTable Table { get; }

    /// <summary>A port between the guest and a back end, and the back end's means to raise it.</summary>
    public (EventPort Port, Action Raise) NewBackend(Action? onSignal = null)
    {
        EventPort port = Table.AllocateForBackend();
        return (port, Table.BindBackend(port, onSignal ?? (static () => { }))!);
    }

    public EventPort NewIpi(uint vcpu = 0)
    {
        Assert.Equal(XenError.None, Table.Bindings.BindIpi(vcpu, out EventPort port));
        return port;
    }

    /// <summary>2-level: the guest's own mask bit.</summary>
    public void Mask(EventPort port) =>
        Memory.Shared<ulong>(_sharedInfo + SharedInfo.EventMask + (port.Value / 64 * 8)) |= 1UL << (int)(port.Value % 64);

    /// <summary>2-level: takes the pending ports, as the guest's upcall handler does.</summary>
    public List<uint> TakePending(int vcpu = 0)
    {
        List<uint> ports = [];
        ulong selector = Interlocked.Exchange(ref Memory.Shared<ulong>(Vcpus[vcpu].InfoAddress + VcpuInfo.PendingSelector), 0);
        for (int word = 0; word < 64; word++)
        {
            if ((selector >> word & 1) == 0)
            {
                continue;
            }

            ulong mask = Memory.Shared<ulong>(_sharedInfo + SharedInfo.EventMask + (ulong)(word * 8));
            ulong bits = Interlocked.And(ref Memory.Shared<ulong>(_sharedInfo + SharedInfo.EventPending + (ulong)(word * 8)), mask);
            ports.AddRange(Enumerable.Range(0, 64).Where(bit => (bits & ~mask) >> bit << 63 != 0).Select(bit => (uint)(word * 64 + bit)));
        }

        return ports;
    }

    /// <summary>Switches to the FIFO layout with one frame of event words.</summary>
    public void UseFifo()
    {
        _control = Frames.AllocateRam(new Pfn(1));
        Assert.Equal(XenError.None, Table.InitControl(new EvtchnInitControl { ControlFrame = _control.Value }));
        ExpandArray();
    }

    public void ExpandArray()
    {
        _array.Add(Frames.AllocateRam(new Pfn(2)));
        Assert.Equal(XenError.None, Table.ExpandArray(_array[^1].Value));
    }

    public ref uint Word(EventPort port) =>
        ref Memory.Shared<uint>(PhysicalAddress.OfFrame(_array[(int)port.Value / 1024].Value) + (port.Value % 1024 * 4));

    /// <summary>FIFO: takes all events in the order a guest must, highest priority first.</summary>
    public List<uint> TakeFifo()
    {
        List<uint> ports = [];
        PhysicalAddress control = PhysicalAddress.OfFrame(_control.Value);
        uint ready = Interlocked.Exchange(ref Memory.Shared<uint>(control), 0);
        for (uint queue = 0; queue < 16; queue++)
        {
            uint head = (ready >> (int)queue & 1) != 0 ? Memory.Shared<uint>(control + 8 + (queue * 4)) : 0;
            while (head != 0)
            {
                ref uint word = ref Word(new EventPort(head));
                uint old = Interlocked.And(ref word, ~(EventChannelLimits.FifoLinked | EventChannelLimits.FifoLinkMask));
                if ((old & EventChannelLimits.FifoPending) != 0 && (old & EventChannelLimits.FifoMasked) == 0)
                {
                    ports.Add(head);
                    Interlocked.And(ref word, ~EventChannelLimits.FifoPending);
                }

                head = old & EventChannelLimits.FifoLinkMask;
            }
        }

        return ports;
    }

    public void Dispose() => Memory.Dispose();
}
