// SPDX-License-Identifier: MIT
using Domovoi.Storage;

namespace Domovoi.Backends.Disks;

/// <summary>Holds the image a block device works on; a CD's may be exchanged under way. Thread safe.</summary>
internal sealed class MediumTray(IDisk? first) : IDisposable
{
    private readonly object _gate = new();                  // a monitor: who exchanges waits for those who use
    private IDisk? _disk = first;
    private int _users;
    private bool _changing;

    /// <summary>The image, until <see cref="Release"/>; null when the tray is empty or open.</summary>
    internal IDisk? Use()
    {
        lock (_gate)
        {
            if (_disk is null || _changing)
            {
                return null;
            }

            _users++;
            return _disk;
        }
    }

    internal void Release()
    {
        lock (_gate)
        {
            _users--;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Bytes of the image there is; 0 for an empty tray.</summary>
    internal long Length
    {
        get
        {
            lock (_gate)
            {
                return _disk?.Length ?? 0;
            }
        }
    }

    /// <summary>Closes the image once nobody uses it, and puts another in its place.</summary>
    internal void Exchange(IDisk? fresh)
    {
        IDisk? old;
        lock (_gate)
        {
            _changing = true;
            while (_users > 0)
            {
                Monitor.Wait(_gate);
            }

            old = _disk;
            _disk = fresh;
            _changing = false;
        }

        old?.Dispose();
    }

    public void Dispose() => Exchange(null);
}
