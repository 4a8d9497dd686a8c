// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Net.Sockets;
using Domovoi.Backends.Nics;
using Domovoi.Backends.Xenbus;
using Domovoi.Contracts;
using Domovoi.Contracts.Networks;
using Domovoi.DomainHost.Devices;
using Domovoi.DomainHost.Lifecycle;
using Domovoi.Network.Captures;
using Domovoi.Network.Ports;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.DomainHost.Nics;

/// <summary>What <c>dom network-attach</c>, <c>-detach</c>, <c>-list</c> and <c>dom tcpdump</c> do. Thread safe.</summary>
internal sealed class NicMethods(NicFactory factory, DomainDevices devices, DomainLifecycle lifecycle, DomainId domain)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();                    // guards the table below
    private readonly Dictionary<int, NicSpecification> _specifications = [];

    internal void Attach(NicSpecification nic)
    {
        NicDevice device = factory.Open(nic);
        try
        {
            devices.Attach(device);
        }
        catch (ProblemException)
        {
            device.Dispose();
            throw;
        }

        lock (_gate)
        {
            _specifications[nic.Index] = nic;
        }
    }

    internal void Detach(NicDetachment request)
    {
        if (!devices.TryDetach(new DeviceAddress(NicDevice.Kind, request.Index), Patience, request.Force))
        {
            throw new ProblemException(
                "guest-keeps-device",
                $"The guest has not let go of vif {request.Index} within {Patience.TotalSeconds} s; it stays asked to.",
                "Take its interface down in the guest, or repeat with --force.");
        }

        lock (_gate)
        {
            _specifications.Remove(request.Index);
        }
    }

    internal NicList List() => new([.. devices.Of<NicDevice>().OrderBy(static nic => nic.Settings.Index).Select(Describe)]);

    /// <summary>Connects to who wants to see the frames; the capture ends when they hang up.</summary>
    internal void Capture(NicCapture request)
    {
        NicDevice nic = devices.Of<NicDevice>().FirstOrDefault(n => n.Settings.Index == request.Index)
            ?? throw new ProblemException("no-such-device", $"The domain has no vif {request.Index}.");
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(SocketAddress.Of(request.Socket));
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new ProblemException("capture-closed", $"{request.Socket}: {e.Message}");
        }

        QueuedStream output = new(new NetworkStream(socket, ownsSocket: true));
        nic.Port.Capture.Attach(new PcapWriter(output, TimeProvider.System, Math.Clamp(request.SnapLength, 64, 1 << 18)));
    }

    private NicStatus Describe(NicDevice device)
    {
        DeviceAddress address = device.Address;
        NicSpecification specification;
        lock (_gate)
        {
            specification = _specifications[device.Settings.Index];
        }

        return new NicStatus(
            specification,
            devices.StateOf(address),
            Number(address, "event-channel") is >= 0 and var port ? port : Number(address, "event-channel-tx"),
            Number(address, "tx-ring-ref"),
            Number(address, "rx-ring-ref"),
            address.Back(domain).Value,
            Count(device.Port.Counters));
    }

    /// <summary>A number the front end has shown, in its first queue if it has several; -1 when it has not.</summary>
    private int Number(DeviceAddress address, string name)
    {
        XenstoreServer store = lifecycle.Store;
        string? text = store.Read(address.Front(domain).Child(name)) ?? store.Read(address.Front(domain).Child("queue-0").Child(name));
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : -1;
    }

    private static Dictionary<string, long> Count(PortCounters counters) => new()
    {
        ["tx-frames"] = counters.TransmittedFrames,
        ["tx-bytes"] = counters.TransmittedBytes,
        ["rx-frames"] = counters.ReceivedFrames,
        ["rx-bytes"] = counters.ReceivedBytes,
        ["vlan-drops"] = counters.VlanDrops,
        ["spoof-drops"] = counters.SpoofDrops,
        ["malformed"] = counters.Malformed,
        ["overflows"] = counters.Overflows,
    };
}
