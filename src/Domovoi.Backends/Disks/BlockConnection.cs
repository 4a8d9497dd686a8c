// SPDX-License-Identifier: MIT
using System.Globalization;
using Domovoi.Backends.Rings;
using Domovoi.Backends.Xenbus;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

/// <summary>A disk while a front end is connected: its rings, and the size it was last told.</summary>
internal sealed class BlockConnection : ITendedConnection
{
    private static readonly TimeSpan LookForGrowth = TimeSpan.FromSeconds(1);

    private readonly BlockDevice _device;
    private readonly FrontEnd _front;
    private readonly List<BlockQueue> _queues = [];
    private long _length;

    internal BlockConnection(BlockDevice device, FrontEnd front)
    {
        _device = device;
        _front = front;
        if (front.Read("protocol") is { } protocol and not "x86_64-abi")
        {
            throw new FrontEndException($"protocol {protocol} is not supported, x86_64-abi is");
        }

        uint queues = front.Number("multi-queue-num-queues", otherwise: 1);
        if (queues is 0 or > BlockDevice.MostQueues)
        {
            throw new FrontEndException($"multi-queue-num-queues is {queues}, not 1 to {BlockDevice.MostQueues}");
        }

        uint order = front.Number("ring-page-order", otherwise: 0);
        if (order > BlockDevice.MostRingPageOrder)
        {
            throw new FrontEndException($"ring-page-order is {order}, more than {BlockDevice.MostRingPageOrder}");
        }

        try
        {
            bool flat = front.Read("multi-queue-num-queues") is null or "1";
            for (int queue = 0; queue < queues; queue++)
            {
                _queues.Add(Open(flat ? "" : Name($"queue-{queue}/"), (int)order));
            }
        }
        catch
        {
            Dispose();
            throw;
        }

        ShowSize();
        front.Show("sector-size", (ulong)device.SectorSize);
        front.Show("physical-sector-size", (ulong)Math.Max(device.SectorSize, 4096));
        front.Show("info", (ulong)device.Traits);
    }

    public TimeSpan Tend()
    {
        if (_device.Length != _length)
        {
            ShowSize();
            _front.Show("state", (ulong)XenbusState.Connected);     // blkfront looks at the size again when it sees this
        }

        return LookForGrowth;
    }

    public void Dispose() => _queues.ForEach(static queue => queue.Dispose());

    private void ShowSize()
    {
        _length = _device.Length;
        _front.Show("sectors", (ulong)(_length / BlockTransfer.SectorBytes));
    }

    private BlockQueue Open(string prefix, int order)
    {
        string[] names = order == 0 && _front.Read(prefix + "ring-page-order") is null && _front.Read(prefix + "ring-ref") is not null
            ? [prefix + "ring-ref"]
            : [.. Enumerable.Range(0, 1 << order).Select(page => Name($"{prefix}ring-ref{page}"))];
        SharedRing ring = new(_front.Map(names), BlockRequest.Size);

        // Linux says feature-persistent by its own setting, whether it was offered or not.
        bool persistent = _device.Settings.PersistentGrants && _front.Number("feature-persistent", otherwise: 0) != 0;
        BlockQueue queue = new(_device, _front.Domain, ring, persistent);
        try
        {
            queue.Start(_front.Bind(prefix + "event-channel", queue.Wake));
            return queue;
        }
        catch
        {
            queue.Dispose();
            throw;
        }
    }

    private static string Name(FormattableString name) => name.ToString(CultureInfo.InvariantCulture);
}
