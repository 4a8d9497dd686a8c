// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>The queue of one processor's requests. Posting: any thread; taking: its own.</summary>
/// <remarks>
/// A processor is inside from before it looks at its queue until it will not run guest code without looking again. Its poster
/// first posts, then looks whether it is inside, so one of the two sees the other; whoever is outside needs no waiting for.
/// </remarks>
internal sealed class RemoteRequests(VirtualCpu processor, Processors processors)
{
    private readonly Lock _gate = new();
    private readonly Queue<RemoteRequest> _queue = new();
    private RemoteRequest _last;                            // at the queue's end
    private long _posted;
    private long _done;
    private int _waiting;
    private volatile bool _isInside;

    /// <summary>Whether there is something to do.</summary>
    internal bool AreWaiting => Volatile.Read(ref _waiting) != 0;

    /// <summary>Whether the processor may be running guest code.</summary>
    internal bool IsInside => _isInside;

    /// <summary>Whether there is something to do and no block is half run.</summary>
    internal bool AreDueOutside => AreWaiting && !_isInside;

    internal RemoteTicket Post(in RemoteRequest request)
    {
        long number;
        lock (_gate)
        {
            if (_queue.Count == 0 || request != _last)      // an idle processor is asked the same many times
            {
                _queue.Enqueue(request);
                _last = request;
                _posted++;
            }

            number = _posted;
            Volatile.Write(ref _waiting, 1);
        }

        processor.RequestAttention();
        Interlocked.MemoryBarrier();                        // the request before the look at _isInside, see Enter
        return new RemoteTicket(this, number);
    }

    internal bool IsDone(long number) => Volatile.Read(ref _done) >= number || !_isInside;

    internal void Enter()
    {
        _isInside = true;
        if (processors.AreSeveral)
        {
            Interlocked.MemoryBarrier();                    // before the look at the queue, see Post
            StayOutWhileAnotherIsAlone();
        }
    }

    internal void Leave() => _isInside = false;

    private void StayOutWhileAnotherIsAlone()
    {
        SpinWait spin = default;
        while (processors.MustStayOut(processor))
        {
            _isInside = false;
            spin.SpinOnce(sleep1Threshold: -1);
            _isInside = true;
            Interlocked.MemoryBarrier();
        }
    }

    /// <summary>Does all that was asked for, at the boundary of a block of guest code.</summary>
    internal void Attend()
    {
        StayOutWhileAnotherIsAlone();
        Settle();
    }

    /// <summary>Does all that was asked for.</summary>
    internal void Settle()
    {
        while (AreWaiting)
        {
            RemoteRequest request;
            lock (_gate)
            {
                if (!_queue.TryDequeue(out request))
                {
                    Volatile.Write(ref _waiting, 0);
                    return;
                }
            }

            processor.Do(in request);
            Volatile.Write(ref _done, _done + 1);
            request.From?.RequestAttention();
        }
    }
}
