// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Backends.Disks;
using Domovoi.Backends.Xenbus;
using Domovoi.Contracts;
using Domovoi.Contracts.Devices;
using Domovoi.Storage;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;
using Domovoi.Xenstore.Store;

namespace Domovoi.DomainHost.Devices;

/// <summary>Disks of the domain: those of its specification, and what <c>dom block-*</c> and <c>dom cd-*</c> do.</summary>
internal sealed class DiskMethods(DomainDevices devices, DiskTroubles troubles, DomainId domain)
{
    private readonly Lock _gate = new();                    // guards the specifications; one change at a time
    private readonly Dictionary<int, DiskSpecification> _specifications = [];

    /// <summary>Opens an image and gives it to the guest.</summary>
    internal void Attach(DiskSpecification disk)
    {
        lock (_gate)
        {
            if (_specifications.TryGetValue(disk.VirtualDevice, out DiskSpecification? other))
            {
                throw new ProblemException(
                    "disk-exists", $"the domain has a disk {other.Name} already", $"`dom block-list` shows its disks; choose another name");
            }

            BlockSettings settings = new(disk.VirtualDevice, disk.Name, disk.Target, disk.IsCdRom, disk.PersistentGrants);
            devices.Attach(new BlockDevice(settings, DiskOpener.Open(disk), troubles.Handle));
            _specifications.Add(disk.VirtualDevice, disk);
        }
    }

    internal void Detach(DiskRemoval removal)
    {
        DiskSpecification disk = Find(removal.VirtualDevice);
        TimeSpan patience = TimeSpan.FromMilliseconds(Math.Clamp(removal.PatienceMilliseconds, 0, 3_600_000));
        if (!devices.TryDetach(BlockDevice.AddressOf(removal.VirtualDevice), removal.Force ? TimeSpan.Zero : patience, removal.Force))
        {
            throw new ProblemException(
                "disk-busy",
                $"the guest has not let go of {disk.Name} within {patience.TotalSeconds:0} s",
                "unmount it in the guest and try again, or use --force, which is like pulling the disk out");
        }

        lock (_gate)
        {
            _specifications.Remove(removal.VirtualDevice);
        }
    }

    /// <summary>Exchanges the medium of a CD drive; an <see cref="DiskFormat.Empty"/> one takes it out.</summary>
    internal void ChangeCd(DiskSpecification medium)
    {
        DiskSpecification drive = Find(medium.VirtualDevice);
        if (!drive.IsCdRom)
        {
            throw new ProblemException("not-a-cdrom", $"{drive.Name} is a disk, not a CD drive", "a drive is made by devtype=cdrom");
        }

        IDisk? disk = DiskOpener.Open(medium);
        devices.Of<BlockDevice>().First(device => device.Settings.VirtualDevice == medium.VirtualDevice).Exchange(disk, medium.Target);
        lock (_gate)
        {
            _specifications[medium.VirtualDevice] = medium with { Name = drive.Name };
        }
    }

    internal DiskList List(XenstoreServer store)
    {
        lock (_gate)
        {
            return new DiskList([.. devices.Of<BlockDevice>().Where(IsKnown).Select(device => Describe(device, store))]);
        }

        bool IsKnown(BlockDevice device) => _specifications.ContainsKey(device.Settings.VirtualDevice);
    }

    private DiskSpecification Find(int virtualDevice)
    {
        lock (_gate)
        {
            return _specifications.GetValueOrDefault(virtualDevice)
                ?? throw new ProblemException("no-such-disk", "the domain has no such disk", "`dom block-list` shows its disks");
        }
    }

    private DiskStatus Describe(BlockDevice device, XenstoreServer store)
    {
        NodePath front = device.Address.Front(domain);
        return new DiskStatus(
            _specifications[device.Settings.VirtualDevice],
            devices.StateOf(device.Address),
            Number("event-channel"),
            Number("ring-ref") is >= 0 and var page ? page : Number("ring-ref0"),
            device.Address.Back(domain).Value,
            device.Length,
            new DiskCounters(
                device.Counters.ReadRequests, device.Counters.WriteRequests, device.Counters.ReadSectors, device.Counters.WriteSectors));

        // In its first queue if it has several.
        int Number(string name) =>
            int.TryParse(store.Read(front.Child(name)) ?? store.Read(front.Child("queue-0").Child(name)), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : -1;
    }
}
