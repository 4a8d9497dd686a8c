// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Backends.Xenbus;
using Domovoi.Linux;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

/// <summary>One ring of a disk, and the threads that work on it.</summary>
/// <remarks>
/// All workers are equal. One takes a request from the ring, wakes or starts another if more wait, carries the request out to its
/// end and answers it: a lone request is never handed from thread to thread, and many are under way at once. A barrier
/// is held back until what came before it has ended, and holds back what comes after. Requests end in any order otherwise, as
/// blkif.h allows; a flush covers what has been answered before it was sent.
/// </remarks>
internal sealed class BlockQueue : IDisposable
{
    private const int MostWorkers = 8;

    private readonly BlockDevice _device;
    private readonly ServedDomain _domain;
    private readonly SharedRing _ring;
    private readonly PersistentGrants? _persistent;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();                    // guards the fields below and taking from the ring
    private readonly List<Worker> _workers = [];
    private readonly Stack<Worker> _idle = [];
    private bool _signalled;                                // woken while nobody was idle
    private int _underWay;
    private BlockRequest? _barrier;                         // taken, and waiting for what is under way
    private bool _alone;                                    // a barrier is under way
    private bool _told;
    private readonly Lock _answers = new();                 // guards the ring's responses
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
        lock (_gate)
        {
            AddWorkerLocked();
        }
    }

    /// <summary>Has an idle worker look at the ring. Called by the vCPU that signals: never blocks.</summary>
    internal void Wake()
    {
        lock (_gate)
        {
            WakeLocked();
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
            _idle.Clear();
            _signalled = true;
        }

        Array.ForEach(workers, static worker => worker.Stop());
        _persistent?.Dispose();
        _stopping.Dispose();
    }

    private void WakeLocked()
    {
        if (_idle.TryPop(out Worker? worker))
        {
            worker.IsIdle = false;
            worker.Gate.Open();
        }
        else
        {
            _signalled = true;
        }
    }

    private void AddWorkerLocked()
    {
        Worker worker = new(this, _workers.Count);
        _workers.Add(worker);
        worker.Start();
    }

    /// <summary>Takes the next request that may begin; makes sure that somebody looks for the one after it.</summary>
    private bool TryTake(out BlockRequest request)
    {
        lock (_gate)
        {
            if (!TryTakeLocked(out request))
            {
                return false;
            }

            _underWay++;
            if (_barrier is null && !_alone && (_ring.Waiting > 0 || _ring.Rearm()))
            {
                if (_idle.Count == 0 && _workers.Count < MostWorkers && !_stopping.IsCancellationRequested)
                {
                    AddWorkerLocked();
                }
                else
                {
                    WakeLocked();
                }
            }

            return true;
        }
    }

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

        while (!_ring.TryTake(out request))
        {
            if (_ring.IsBroken)
            {
                TellBrokenLocked();
            }

            if (!_ring.Rearm())
            {
                return false;
            }
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

    private void TellBrokenLocked()
    {
        if (!_told)
        {
            _told = true;
            _domain.Log($"{_device.Settings.Name}: the guest's driver broke its ring; it is not served until it connects again.");
        }
    }

    private void Answer(in BlockRequest request, BlockStatus status)
    {
        bool wanted;
        BlockOperation operation =                          // Linux gives the disk up if the word is another than its own
            request.Operation == BlockOperation.Indirect ? request.IndirectOperation : request.Operation;
        lock (_answers)
        {
            _ring.Put(new BlockResponse { Id = request.Id, Operation = operation, Status = status });
            wanted = _ring.Publish();
        }

        if (wanted)
        {
            _events!.Raise();
        }

        lock (_gate)
        {
            _underWay--;
            _alone &= request.Operation != BlockOperation.WriteBarrier;
        }
    }

    /// <summary>Lays a worker to sleep, unless it was woken since it last looked.</summary>
    private void Rest(Worker worker)
    {
        lock (_gate)
        {
            if (_signalled)
            {
                _signalled = _stopping.IsCancellationRequested;
                return;
            }

            worker.IsIdle = true;
            _idle.Push(worker);
        }

        while (worker.IsIdle)
        {
            worker.Gate.Wait(long.MaxValue);
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
            _transfer = new BlockTransfer(queue._device, queue._domain, queue._persistent, queue._stopping.Token);
            _thread = new Thread(Run, maxStackSize: 256 * 1024)
            {
                Name = $"{queue._device.Settings.Name}-{number}",
                IsBackground = true,
            };
        }

        internal FutexGate Gate { get; } = new();

        /// <summary>Among those who sleep. Cleared by who wakes it.</summary>
        internal volatile bool IsIdle;

        internal void Start() => _thread.Start();

        internal void Stop()
        {
            IsIdle = false;
            Gate.Open();
            _thread.Join();
            Gate.Dispose();
        }

        private void Run()
        {
            while (!_queue._stopping.IsCancellationRequested)
            {
                if (_queue.TryTake(out BlockRequest request))
                {
                    _queue.Answer(in request, _transfer.CarryOut(in request));
                }
                else
                {
                    _queue.Rest(this);
                }
            }
        }
    }
}
