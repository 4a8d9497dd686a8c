// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Backends.Xenbus;
using Domovoi.Linux;
using Domovoi.Storage;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

/// <summary>A virtual disk: an open image, and what stands in xenstore about it. io/blkif.h.</summary>
/// <remarks>
/// One write's way: the guest's driver puts a request with grants of its pages into a ring and sends an event; a worker of
/// <see cref="BlockQueue"/> takes it, <see cref="BlockTransfer"/> pins the pages and has the host's kernel write them straight from
/// guest memory into the image, and a response and an event go back. No vCPU waits for any of it but by the guest's own wish.
/// To save: nothing; requests under way are finished first, or are in the ring.
/// </remarks>
public sealed class BlockDevice : IBackendDevice
{
    internal const int MostQueues = 4;
    internal const int MostRingPageOrder = 4;

    private readonly MediumTray _tray;
    private readonly bool _canDiscard;

    /// <param name="settings">What the guest is told.</param>
    /// <param name="disk">The image, owned by the device from here on; null for an empty drive.</param>
    /// <param name="trouble">What to do about the host's errors.</param>
    public BlockDevice(BlockSettings settings, IDisk? disk, DiskTroubleHandler trouble)
    {
        Settings = settings;
        Trouble = trouble;
        IsReadOnly = settings.IsCdRom || disk?.IsReadOnly == true;
        SectorSize = disk?.SectorSize ?? 512;
        _canDiscard = disk?.CanDiscard == true && !IsReadOnly;
        _tray = new MediumTray(disk);
    }

    public BlockSettings Settings { get; private set; }

    /// <summary>What the guest has read and written.</summary>
    public BlockCounters Counters { get; } = new();

    public DeviceAddress Address => AddressOf(Settings.VirtualDevice);

    public bool IsReadOnly { get; }

    public IReadOnlyList<KeyValuePair<string, string>> FrontNodes =>
    [
        new("virtual-device", Number(Settings.VirtualDevice)),
        new("device-type", DeviceType),
    ];

    public IReadOnlyList<KeyValuePair<string, string>> BackNodes =>
    [
        new("params", Settings.Target),
        new("dev", Settings.Name),
        new("type", "qdisk"),
        new("mode", IsReadOnly ? "r" : "w"),
        new("device-type", DeviceType),
        new("removable", Settings.IsCdRom ? "1" : "0"),
        new("bootable", "1"),
        new("hotplug-status", "connected"),
        new("feature-flush-cache", IsReadOnly ? "0" : "1"),
        new("feature-barrier", IsReadOnly ? "0" : "1"),
        new("feature-discard", _canDiscard ? "1" : "0"),
        new("discard-granularity", "4096"),
        new("discard-alignment", "0"),
        new("discard-secure", "0"),
        new("discard-enable", _canDiscard ? "1" : "0"),
        new("feature-persistent", Settings.PersistentGrants ? "1" : "0"),
        new("feature-max-indirect-segments", Number(BlockTransfer.MostSegments)),
        new("max-ring-page-order", Number(MostRingPageOrder)),
        new("multi-queue-max-queues", Number(MostQueues)),
    ];

    internal MediumTray Tray => _tray;

    /// <summary>Reads for the host itself, before there is a guest. Returns an errno, 0 for success.</summary>
    public int Read(long offset, ReadOnlySpan<IoVector> into)
    {
        const int NoMedium = 123;                           // ENOMEDIUM
        IDisk? disk = _tray.Use();
        if (disk is null)
        {
            return NoMedium;
        }

        try
        {
            return disk.Read(offset, into);
        }
        finally
        {
            _tray.Release();
        }
    }

    internal DiskTroubleHandler Trouble { get; }

    internal int SectorSize { get; }

    /// <summary>Bytes as the guest is told them: whole sectors.</summary>
    public long Length => _tray.Length / SectorSize * SectorSize;

    internal BlockTraits Traits =>
        (IsReadOnly ? BlockTraits.ReadOnly : 0) | (Settings.IsCdRom ? BlockTraits.CdRom | BlockTraits.Removable : 0);

    private string DeviceType => Settings.IsCdRom ? "cdrom" : "disk";

    /// <summary>Where a disk of this number stands on the guest's bus.</summary>
    public static DeviceAddress AddressOf(int virtualDevice) => new("vbd", virtualDevice);

    /// <summary>Exchanges a CD; the guest learns of it as a change of size. Waits for what is under way.</summary>
    /// <param name="disk">The new image, owned by the device; null takes the old one out.</param>
    /// <param name="target">As a person wrote it.</param>
    public void Exchange(IDisk? disk, string target)
    {
        Settings = Settings with { Target = target };
        _tray.Exchange(disk);
    }

    public IDisposable Connect(FrontEnd front) => new BlockConnection(this, front);

    public void Dispose() => _tray.Dispose();

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
