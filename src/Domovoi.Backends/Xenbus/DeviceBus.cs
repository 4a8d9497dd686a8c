// SPDX-License-Identifier: MIT
using Domovoi.Xenstore.Store;

namespace Domovoi.Backends.Xenbus;

/// <summary>The PV devices of one boot of a domain: shows them to the guest, lets them come and go while it runs.</summary>
/// <remarks>
/// Devices are added before the guest starts and at any time later; each runs on its own thread (<see cref="PvDevice"/>).
/// Example: <c>dom block-attach</c> adds a disk, the guest's bus finds the new directory, its driver writes its ring there, the
/// store wakes the device, and the device connects. Thread safe.
/// </remarks>
public sealed class DeviceBus : IDisposable
{
    private const int NamesAboveDevice = 4;                 // local, domain, N, device

    private readonly ServedDomain _domain;
    private readonly Lock _gate = new();                    // guards the fields below; never held while a device is waited for
    private readonly Dictionary<DeviceAddress, PvDevice> _devices = [];
    private bool _disposed;

    public DeviceBus(ServedDomain domain)
    {
        _domain = domain;
        domain.Store.Watch(NodePath.OfDomain(domain.Id).Child("device"), Wake);
    }

    /// <summary>Shows the guest a device. Its host side stays the caller's to dispose of, after the bus or <see cref="TryDetach"/>.</summary>
    /// <returns>false when there is one of that address.</returns>
    public bool TryAdd(IBackendDevice device)
    {
        PvDevice added = new(_domain, device);
        lock (_gate)
        {
            if (_disposed || !_devices.TryAdd(device.Address, added))
            {
                added.Dispose();
                return false;
            }

            added.Start();
            return true;
        }
    }

    /// <summary>Takes a device from the guest.</summary>
    /// <param name="address">Which.</param>
    /// <param name="patience">How long the guest's driver may take to let go.</param>
    /// <param name="force">Takes it in any case; what the guest had under way is finished first.</param>
    /// <returns>false when the guest has not let go in time. It stays asked to; ask again to see.</returns>
    public bool TryDetach(DeviceAddress address, TimeSpan patience, bool force)
    {
        PvDevice? device;
        lock (_gate)
        {
            device = _devices.GetValueOrDefault(address);
        }

        if (device is null)
        {
            return true;
        }

        device.AskToLeave();
        if (!device.Released.Wait(patience) && !force)
        {
            return false;
        }

        lock (_gate)
        {
            if (!_devices.Remove(address))
            {
                return true;                                // somebody else took it meanwhile
            }
        }

        device.Dispose();
        device.RemoveNodes();
        return true;
    }

    /// <summary>How far a device is, as <c>dom block-list</c> shows it; 0 when there is none.</summary>
    public int StateOf(DeviceAddress address)
    {
        lock (_gate)
        {
            return (int)(_devices.GetValueOrDefault(address)?.State ?? 0);
        }
    }

    /// <summary>Stops serving; the guest does not run any more.</summary>
    public void Dispose()
    {
        PvDevice[] devices;
        lock (_gate)
        {
            _disposed = true;
            devices = [.. _devices.Values];
            _devices.Clear();
        }

        Array.ForEach(devices, static device => device.Dispose());
    }

    private void Wake(NodePath changed)
    {
        string[] names = changed.Names;
        lock (_gate)
        {
            if (names.Length > NamesAboveDevice + 1
                && int.TryParse(names[NamesAboveDevice + 1], out int index)
                && _devices.TryGetValue(new DeviceAddress(names[NamesAboveDevice], index), out PvDevice? device))
            {
                device.Wake();
                return;
            }

            foreach (PvDevice each in _devices.Values)
            {
                each.Wake();
            }
        }
    }
}
