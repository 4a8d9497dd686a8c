// SPDX-License-Identifier: MIT
using System.Net;
using Domovoi.Linux;
using Domovoi.Network.Frames;
using Domovoi.Network.Vlans;

namespace Domovoi.Network.Endpoints;

/// <summary>The host's kernel as the network: a TAP device on one of its bridges, one it routes to, or an interface without a bridge.</summary>
/// <remarks>Long frames go whole both ways; the kernel segments where its own way ends. While the guest has no room, frames wait in the kernel.</remarks>
public sealed class DeviceEndpoint : INetworkEndpoint
{
    private const int FramesPerTurn = 64;
    private const int FramesAtOnce = 8;

    private readonly PacketDevice _device;
    private readonly bool _hasCarrier;
    private readonly IDisposable? _plug;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(OffloadHeader.Size + Frame.MaximumLength, pinned: true);
    private readonly Frame _frame = new();
    private int _place = -1;
    private bool _mayHaveMore;

    private DeviceEndpoint(PacketDevice device, bool hasCarrier, OffloadSupport accepts = OffloadSupport.All, IDisposable? plug = null)
    {
        _device = device;
        _hasCarrier = hasCarrier;
        Accepts = accepts;
        _plug = plug;
        Arrivals.Add(device.Descriptor);
    }

    public OffloadSupport Accepts { get; }

    public bool IsCongested => false;

    public bool IsPrompt => true;

    public ArrivalSet Arrivals { get; } = new();

    /// <summary>Makes a TAP device and plugs it into a bridge.</summary>
    /// <param name="name">Of the device, such as <c>vif1.0</c>.</param>
    /// <param name="bridge">Of the bridge, which exists.</param>
    /// <param name="mtu">0: the bridge's.</param>
    /// <param name="vlans">What the port carries: a bridge that filters VLANs is told, one that does not lets all pass. Tags are put on and taken off by us.</param>
    /// <exception cref="NetworkException">The host does not let us, or has no such bridge.</exception>
    public static DeviceEndpoint OnBridge(string name, string bridge, int mtu, VlanPolicy vlans) => Guarded(bridge, () =>
    {
        using RouteSocket routes = new();
        NetworkLink master = routes.FindLink(bridge) ?? throw new NetworkException(
            "bridge-missing", $"The host has no bridge {bridge}.", "`dom network start` makes the one of xend's settings; `ip link` shows all.");
        PacketDevice device = PacketDevice.CreateTap(name);
        try
        {
            NetworkLink link = routes.FindLink(name) ?? throw new InvalidOperationException($"{name} has gone");
            routes.SetStation(link.Index, HostEnd());
            routes.SetMtu(link.Index, mtu == 0 ? master.Mtu : mtu);
            routes.SetMaster(link.Index, master.Index);
            if (!vlans.CarriesEverything && Filters(bridge))
            {
                routes.AddBridgeVlans(link.Index, vlans.Members.All.Select(static vlan => vlan.Value));
            }

            routes.SetUp(link.Index, isUp: true);
            return new DeviceEndpoint(device, hasCarrier: true);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    });

    /// <summary>Makes a TAP device, and routes some addresses to it: the guest's, for which the host also answers ARP on the device.</summary>
    /// <param name="name">Of the device.</param>
    /// <param name="gateway">The interface whose IPv4 address the host speaks to the guest from; null leaves that to the kernel.</param>
    /// <param name="mtu">0: 1500.</param>
    /// <param name="addresses">The guest's addresses and networks.</param>
    /// <exception cref="NetworkException">The host does not let us, or routes one of them elsewhere.</exception>
    public static DeviceEndpoint Routed(string name, string? gateway, int mtu, IReadOnlyList<IPNetwork> addresses) => Guarded(name, () =>
    {
        using RouteSocket routes = new();
        PacketDevice device = PacketDevice.CreateTap(name);
        try
        {
            NetworkLink link = routes.FindLink(name) ?? throw new InvalidOperationException($"{name} has gone");
            routes.SetStation(link.Index, HostEnd());
            routes.SetMtu(link.Index, mtu == 0 ? 1500 : mtu);
            routes.SetUp(link.Index, isUp: true);
            GuestRoutes.Add(routes, link, gateway, addresses);
            return new DeviceEndpoint(device, hasCarrier: true);
        }
        catch
        {
            device.Dispose();
            throw;
        }
    });

    /// <summary>Makes a TAP device, down and on no bridge, and lets another plug it in.</summary>
    /// <param name="name">Of the device.</param>
    /// <param name="mtu">0: 1500.</param>
    /// <param name="accepts">What whoever gets its frames can do.</param>
    /// <param name="plugIn">Plugs the device in; what it returns is disposed before the device goes.</param>
    /// <exception cref="NetworkException">The host does not let us, or it cannot be plugged in.</exception>
    public static DeviceEndpoint Plugged(string name, int mtu, OffloadSupport accepts, Func<IDisposable> plugIn) => Guarded(name, () =>
    {
        using RouteSocket routes = new();
        PacketDevice device = PacketDevice.CreateTap(name);
        try
        {
            NetworkLink link = routes.FindLink(name) ?? throw new InvalidOperationException($"{name} has gone");
            routes.SetStation(link.Index, HostEnd());
            routes.SetMtu(link.Index, mtu == 0 ? 1500 : mtu);
            return new DeviceEndpoint(device, hasCarrier: true, accepts, plugIn());
        }
        catch
        {
            device.Dispose();
            throw;
        }
    });

    /// <summary>Takes a device into service, for whoever plugs one in.</summary>
    public static void SetUp(string name)
    {
        using RouteSocket routes = new();
        NetworkLink link = routes.FindLink(name) ?? throw new InvalidOperationException($"{name} has gone");
        routes.SetUp(link.Index, isUp: true);
    }

    /// <summary>Opens an interface beside the host's own use of it.</summary>
    /// <exception cref="NetworkException">The host does not let us, or has no such interface.</exception>
    public static DeviceEndpoint OnInterface(string name) => Guarded(name, () =>
    {
        using RouteSocket routes = new();
        NetworkLink link = routes.FindLink(name) ?? throw new NetworkException(
            "interface-missing", $"The host has no interface {name}.", "`ip link` shows those it has.");
        return new DeviceEndpoint(PacketDevice.OpenInterface(link.Index), hasCarrier: false);
    });

    public void SetCarrier(bool isUp)
    {
        if (_hasCarrier)
        {
            _device.SetCarrier(isUp);
        }
    }

    public void Send(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Span<byte> bytes = frame.WithHeader(OffloadHeader.Size);
        OffloadHeader.Write(frame, bytes);
        _device.TryWrite(bytes);
    }

    public TimeSpan Prepare(PollSet set, IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(sink);
        if (!sink.HasRoom)
        {
            _place = -1;
            return Timeout.InfiniteTimeSpan;                // who made the sink full wakes us
        }

        _place = set.Add(Arrivals.Descriptor, PollEvents.In);
        return _mayHaveMore ? TimeSpan.Zero : Timeout.InfiniteTimeSpan;
    }

    public void Receive(PollSet set, IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(sink);
        if (_mayHaveMore || set.Result(_place) != PollEvents.None)
        {
            _mayHaveMore = Read(sink, FramesPerTurn);
        }
    }

    public bool ReceiveNow(IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        _mayHaveMore = Read(sink, FramesAtOnce);
        return _mayHaveMore;
    }

    public void Dispose()
    {
        _plug?.Dispose();
        Arrivals.Dispose();
        _device.Dispose();
    }

    /// <returns>Whether there may be more.</returns>
    private bool Read(IFrameSink sink, int most)
    {
        for (int count = 0; sink.HasRoom && count < most; count++)
        {
            int length = _device.Read(_buffer, out int tag);
            if (length == 0)
            {
                return false;
            }

            if (length > OffloadHeader.Size && OffloadHeader.Read(_buffer) is { } offload)
            {
                _frame.CopyFrom(_buffer.AsSpan(OffloadHeader.Size, length - OffloadHeader.Size));
                _frame.Offload = offload;
                if (tag >= 0)
                {
                    _frame.InsertTag((ushort)tag);
                }

                sink.Deliver(_frame);
            }
        }

        return true;
    }

    private static bool Filters(string bridge)
    {
        string path = $"/sys/class/net/{bridge}/bridge/vlan_filtering";
        return File.Exists(path) && File.ReadAllText(path).Trim() == "1";
    }

    private static byte[] HostEnd()
    {
        byte[] address = new byte[MacAddress.Size];
        MacAddress.HostEnd.Write(address);
        return address;
    }

    private static DeviceEndpoint Guarded(string name, Func<DeviceEndpoint> open)
    {
        try
        {
            return open();
        }
        catch (LinuxException e) when (e.IsDenied)
        {
            throw new NetworkException(
                "network-denied",
                $"{name} cannot be used: {e.Message}",
                "Run dom as root, give it CAP_NET_ADMIN and CAP_NET_RAW, or leave bridge= out for NAT, which needs neither.");
        }
    }
}
