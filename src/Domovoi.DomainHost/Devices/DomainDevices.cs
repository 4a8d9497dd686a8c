// SPDX-License-Identifier: MIT
using Domovoi.Backends.Xenbus;
using Domovoi.Contracts;

namespace Domovoi.DomainHost.Devices;

/// <summary>The PV devices a domain has, from boot to boot: what was attached while it ran is there after a reboot. Thread safe.</summary>
internal sealed class DomainDevices : IDisposable
{
    private readonly Lock _gate = new();                    // guards both below; never held while a guest is waited for
    private readonly List<IBackendDevice> _devices = [];
    private DeviceBus? _bus;

    /// <summary>Those of one kind, in the order they were attached.</summary>
    internal IReadOnlyList<TDevice> Of<TDevice>()
        where TDevice : IBackendDevice
    {
        lock (_gate)
        {
            return [.. _devices.OfType<TDevice>()];
        }
    }

    /// <summary>How far a device is with the guest: a <see cref="Xen.Abi.XenbusState"/>, 0 between boots.</summary>
    internal int StateOf(DeviceAddress address)
    {
        lock (_gate)
        {
            return _bus?.StateOf(address) ?? 0;
        }
    }

    /// <summary>Takes a device over, and shows it to the guest if one runs.</summary>
    /// <exception cref="ProblemException">There is one of that address.</exception>
    internal void Attach(IBackendDevice device)
    {
        lock (_gate)
        {
            if (_devices.Exists(other => other.Address == device.Address))
            {
                throw new ProblemException("device-exists", $"The domain has a device {device.Address} already.");
            }

            _devices.Add(device);
            _bus?.TryAdd(device);
        }
    }

    /// <summary>Takes a device from the guest and closes it.</summary>
    /// <returns>false when the guest does not let go in time; it stays asked to.</returns>
    /// <exception cref="ProblemException">There is none of that address.</exception>
    internal bool TryDetach(DeviceAddress address, TimeSpan patience, bool force)
    {
        DeviceBus? bus;
        lock (_gate)
        {
            if (!_devices.Exists(each => each.Address == address))
            {
                throw new ProblemException("no-such-device", $"The domain has no device {address}.");
            }

            bus = _bus;
        }

        if (bus?.TryDetach(address, patience, force) == false)
        {
            return false;
        }

        IBackendDevice? device;
        lock (_gate)
        {
            device = _devices.Find(each => each.Address == address);
            _devices.RemoveAll(each => each.Address == address);
        }

        device?.Dispose();
        return true;
    }

    /// <summary>A boot begins: all devices are shown to it.</summary>
    internal void Join(DeviceBus bus)
    {
        lock (_gate)
        {
            _bus = bus;
            _devices.ForEach(device => bus.TryAdd(device));
        }
    }

    /// <summary>The boot is over.</summary>
    internal void Leave()
    {
        lock (_gate)
        {
            _bus = null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _devices.ForEach(static device => device.Dispose());
            _devices.Clear();
        }
    }
}
