// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Backends.Rings;
using Domovoi.Backends.Xenbus;
using Domovoi.Linux;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

/// <summary>One ring of a disk, and the threads that work on it.</summary>
/// <remarks>
/// One worker leads: it alone takes requests, carries out what the host's page cache can answer at once, and looks at the ring
/// for a few microseconds more before it sleeps, so that neither side pays for events. Before it waits for a device it gives
/// the lead to another, who takes the next request: many are under way at once then. A lone request is never handed from thread to
/// thread. A barrier is held back until what came before it has ended, and holds back what comes after. Requests end in any
/// order otherwise, as blkif.h allows; a flush covers what has been answered before it was sent.
/// </remarks>
internal sealed class BlockQueue : IDisposable
{
    private const int MostWorkers = 8;

    /// <summary>Answers that may wait for the next one, while the leader goes on without waiting.</summary>
    private const int MostUnpublished = 4;

    /// <summary>How long the leader looks for another request before it asks for an event and sleeps.</summary>
    private static readonly long SpinTicks = Environment.ProcessorCount > 1 ? Stopwatch.Frequency * 50 / 1_000_000 : 0;

    private readonly BlockDevice _device;
    private readonly ServedDomain _domain;
    private readonly SharedRing _ring;                      // requests: the leader's; responses: guarded by _answers
    private readonly PersistentGrants? _persistent;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();                    // guards the fields below and who leads
    private readonly List<Worker> _workers = [];
    private readonly Stack<Worker> _idle = [];
    private volatile Worker? _leader;
    private int _underWay;
    private BlockRequest? _barrier;                         // taken, and waiting for what is under way
    private bool _alone;                                    // a barrier is under way
    private bool _told;
    private readonly Lock _answers = new();                 // guards the ring's responses and _unpublished
    private int _unpublished;
    private EventBinding? _events;

    internal BlockQueue(BlockDevice device, ServedDomain domain, SharedRing ring, bool persistent)
    {
        _device = device;
        _domain = domain;
        _ring = ring;
        _persistent = persistent ? new PersistentGrants(domain.Grants) : null;
    }

    internal void Start(EventBinding events)
    {
        _events = events;
        Wake();                                             // requests may have come before the event channel
    }

    /// <summary>Has a worker look at the ring. Called by the vCPU that signals: never blocks.</summary>
    internal void Wake()
    {
        lock (_gate)
        {
            AppointLocked();
        }
    }

    /// <summary>Finishes what is under way and stops.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        Worker[] workers;
        lock (_gate)
        {
            workers = [.. _workers];
        }

        Array.ForEach(workers, static worker => worker.Stop());
        _persistent?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Makes an idle or a new worker the leader if there is none; if all are at work, the first to end leads.</summary>
    private void AppointLocked()
    {
        if (_leader is not null || _stopping.IsCancellationRequested)
        {
            return;
        }

        if (_idle.TryPop(out Worker? worker))
        {
            _leader = worker;
            worker.Gate.Open();
        }
        else if (_workers.Count < MostWorkers)
        {
            _leader = worker = new Worker(this, _workers.Count);
            _workers.Add(worker);
            worker.Start();
        }
    }

    /// <summary>Takes the next request that may begin. Without one for a while, gives the lead up and lays the worker to rest.</summary>
    private bool TryTake(Worker leader, out BlockRequest request)
    {
        long? patience = null;
        while (true)
        {
            bool rests;
            lock (_gate)
            {
                if (TryTakeLocked(out request))
                {
                    _underWay++;
                    return true;
                }

                bool isOver = patience < Stopwatch.GetTimestamp() || _ring.IsBroken || _stopping.IsCancellationRequested;
                rests = isOver && !(MayTakeLocked && _ring.Rearm());
                if (rests)
                {
                    _leader = null;
                    _idle.Push(leader);
                }
            }

            Publish();
            if (rests)
            {
                return false;
            }

            patience ??= Stopwatch.GetTimestamp() + SpinTicks;
            while (_ring.Waiting == 0 && Stopwatch.GetTimestamp() <= patience)
            {
                Thread.SpinWait(10);
            }
        }
    }

    /// <summary>Whether a request that waits in the ring could be taken: no barrier is in its way.</summary>
    private bool MayTakeLocked => !_alone && _barrier is null;

    private bool TryTakeLocked(out BlockRequest request)
    {
        request = default;
        if (_alone || (_barrier is not null && _underWay > 0))
        {
            return false;
        }

        if (_barrier is { } held)
        {
            (request, _barrier, _alone) = (held, null, true);
            return true;
        }

        if (!_ring.TryTake(out request))
        {
            TellIfBrokenLocked();
            return false;
        }

        if (request.Operation != BlockOperation.WriteBarrier)
        {
            return true;
        }

        if (_underWay > 0)
        {
            _barrier = request;
            return false;
        }

        _alone = true;
        return true;
    }

    private void TellIfBrokenLocked()
    {
        if (_ring.IsBroken && !_told)
        {
            _told = true;
            _domain.Log($"{_device.Settings.Name}: the guest's driver broke its ring; it is not served until it connects again.");
        }
    }

    /// <summary>Before the leader waits for a device: another leads if there is anything to take, or as soon as there is.</summary>
    private void HandOver(Worker leader)
    {
        Publish();
        lock (_gate)
        {
            if (_leader != leader)
            {
                return;
            }

            _leader = null;
            if (MayTakeLocked && (_ring.Waiting > 0 || _ring.Rearm()))
            {
                AppointLocked();
            }
        }
    }

    /// <returns>Whether the worker leads now; if not it is idle.</returns>
    private bool Answer(Worker worker, in BlockRequest request, BlockStatus status)
    {
        BlockOperation operation =                          // Linux gives the disk up if the word is another than its own
            request.Operation == BlockOperation.Indirect ? request.IndirectOperation : request.Operation;
        bool isFull;
        lock (_answers)
        {
            _ring.Put(new BlockResponse { Id = request.Id, Operation = operation, Status = status });
            isFull = ++_unpublished >= MostUnpublished;
        }

        lock (_gate)
        {
            _underWay--;
            _alone &= request.Operation != BlockOperation.WriteBarrier;
            isFull |= _leader != worker;
        }

        if (isFull)
        {
            Publish();
        }

        lock (_gate)
        {
            if (_leader is not null && _leader != worker)
            {
                _idle.Push(worker);
                return false;
            }

            _leader = worker;
            return true;
        }
    }

    /// <summary>Shows the guest the answers that were put, with an event if it wants one.</summary>
    private void Publish()
    {
        bool wanted;
        lock (_answers)
        {
            if (_unpublished == 0)
            {
                return;
            }

            _unpublished = 0;
            wanted = _ring.Publish();
        }

        if (wanted)
        {
            _events!.Raise();
        }
    }

    /// <summary>A thread, and what it needs to carry out one request.</summary>
    private sealed class Worker
    {
        private readonly BlockQueue _queue;
        private readonly BlockTransfer _transfer;
        private readonly Thread _thread;

        internal Worker(BlockQueue queue, int number)
        {
            _queue = queue;
            _transfer = new BlockTransfer(
                queue._device, queue._domain, queue._persistent, () => queue.HandOver(this), queue._stopping.Token);
            _thread = new Thread(Run, maxStackSize: 256 * 1024)
            {
                Name = $"{queue._device.Settings.Name}-{number}",
                IsBackground = true,
            };
        }

        /// <summary>Where the worker sleeps until it is appointed.</summary>
        internal FutexGate Gate { get; } = new();

        internal void Start() => _thread.Start();

        internal void Stop()
        {
            Gate.Open();
            _thread.Join();
            Gate.Dispose();
        }

        private void Run()
        {
            while (!_queue._stopping.IsCancellationRequested)
            {
                while (_queue.TryTake(this, out BlockRequest request))
                {
                    if (!_queue.Answer(this, in request, _transfer.CarryOut(in request)))
                    {
                        break;
                    }
                }

                SleepUntilAppointed();
            }
        }

        private void SleepUntilAppointed()
        {
            while (_queue._leader != this && !_queue._stopping.IsCancellationRequested)
            {
                Gate.Wait(long.MaxValue);
            }
        }
    }
}
