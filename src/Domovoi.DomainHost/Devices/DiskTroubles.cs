// SPDX-License-Identifier: MIT
using Domovoi.Contracts.Devices;

namespace Domovoi.DomainHost.Devices;

/// <summary>What to do when the host cannot read or write a disk: tell the guest, let it wait, or end it. Thread safe.</summary>
internal sealed class DiskTroubles(DiskErrorAction action, Action<string> log)
{
    private readonly object _gate = new();                  // a monitor: requests wait on it
    private Action _pause = static () => { };
    private Action<string> _stop = static _ => { };
    private long _resumptions;
    private bool _isPaused;

    /// <summary>Says how to pause and stop the domain; once it can be done.</summary>
    internal void Connect(Action pause, Action<string> stop)
    {
        _pause = pause;
        _stop = stop;
    }

    /// <summary>The domain runs again: what waited is tried once more.</summary>
    internal void Resume()
    {
        lock (_gate)
        {
            _resumptions++;
            _isPaused = false;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>See <see cref="Backends.Disks.DiskTroubleHandler"/>.</summary>
    internal bool Handle(string disk, string failure, CancellationToken stopping)
    {
        log($"Disk {disk}: {failure}.");
        switch (action)
        {
            case DiskErrorAction.Pause:
                return WaitForResumption(disk, stopping);
            case DiskErrorAction.Stop:
                log("disk_error=\"stop\": the domain ends.");
                _stop($"disk {disk}: {failure}");
                stopping.WaitHandle.WaitOne();              // the guest has no use for an answer: it must not act on an error that ends it
                return false;
            default:
                return false;
        }
    }

    private bool WaitForResumption(string disk, CancellationToken stopping)
    {
        long seen;
        bool first;
        lock (_gate)
        {
            seen = _resumptions;
            first = !_isPaused;
            _isPaused = true;
        }

        if (first)
        {
            log($"disk_error=\"pause\": the domain waits. Repair what is wrong with {disk}, then `dom unpause`.");
            _pause();
        }

        using CancellationTokenRegistration cancelled = stopping.Register(WakeAll);
        lock (_gate)
        {
            while (_resumptions == seen && !stopping.IsCancellationRequested)
            {
                Monitor.Wait(_gate);
            }
        }

        return !stopping.IsCancellationRequested;
    }

    private void WakeAll()
    {
        lock (_gate)
        {
            Monitor.PulseAll(_gate);
        }
    }
}
