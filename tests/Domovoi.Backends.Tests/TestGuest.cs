// SPDX-License-Identifier: MIT
using System.Collections.Concurrent;
using Domovoi.Backends.Xenbus;
using Domovoi.Hypervisor.Events;
using Domovoi.Hypervisor.Frames;
using Domovoi.Hypervisor.Grants;
using Domovoi.Hypervisor.Timers;
using Domovoi.Memory;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.Backends;

/// <summary>A domain without processors: memory, grants, events and a store, and what a driver in it would do with them.</summary>
internal sealed class TestGuest : IDisposable
{
    private readonly FrameTable _frames;
    private uint _nextReference = 8;

    internal TestGuest(ulong frames = 256)
    {
        FrameLayout layout = new(frames, firstRamFrame: 3);
        Memory = new GuestMemory(layout.TotalFrames);
        _frames = new FrameTable(Memory, layout);
        PhysicalAddress sharedInfo = PhysicalAddress.OfFrame(_frames.AllocateXenFrame(FrameOwner.Shared).Value);
        Events = new EventChannelTable(Id, _frames, sharedInfo, [Vcpu = new QuietVcpu(sharedInfo)]);
        Grants = new GrantTable(Id, _frames);
        Assert.True(Grants.TryGrow(8));
        Domain = new ServedDomain(Id, Memory, Grants, Events, Store, Log.Add, Idle);
    }

    internal static DomainId Id => new(7);

    internal GuestMemory Memory { get; }

    internal EventChannelTable Events { get; }

    internal GrantTable Grants { get; }

    internal XenstoreServer Store { get; } = new();

    internal List<string> Log { get; } = [];

    internal ServedDomain Domain { get; }

    internal QuietVcpu Vcpu { get; }

    internal SleepingVcpu Idle { get; } = new();

    /// <summary>Grants domain 0 a fresh frame for reading and writing.</summary>
    internal (GrantRef Reference, Mfn Frame) NewGrant()
    {
        Mfn frame = _frames.AllocateRam(new Pfn(_nextReference));
        return (Grant(frame), frame);
    }

    /// <summary>Grants domain 0 a frame once more.</summary>
    internal GrantRef Grant(Mfn frame)
    {
        GrantRef reference = new(_nextReference++);
        Grants.SeedForBackend(reference, frame);
        return reference;
    }

    /// <summary>Takes a grant back: the entry names no frame any more.</summary>
    internal void Revoke(GrantRef reference) => Grants.SeedForBackend(reference, new Mfn(uint.MaxValue));

    /// <summary>Waits until a condition holds that another thread brings about.</summary>
    internal static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(20)));

    public void Dispose() => Memory.Dispose();

    /// <summary>Sleeps all the time: keeps what it is to see to.</summary>
    internal sealed class SleepingVcpu : IArrivalWatch
    {
        internal ConcurrentDictionary<int, Action> Watched { get; } = [];

        public bool TryWatch(int descriptor, Action onArrival) => Watched.TryAdd(descriptor, onArrival);

        public void Unwatch(int descriptor) => Watched.TryRemove(descriptor, out _);
    }

    /// <summary>Counts how often it is notified.</summary>
    internal sealed class QuietVcpu(PhysicalAddress info) : IEventTarget
    {
        private int _notified;

        public int Id => 0;

        public PhysicalAddress InfoAddress => info;

        public bool IsPolling => false;

        internal int Notified => Volatile.Read(ref _notified);

        public void NotifyEvent() => Interlocked.Increment(ref _notified);

        public void Kick()
        {
        }
    }
}
