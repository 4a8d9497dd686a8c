// SPDX-License-Identifier: MIT
using Domovoi.Network.Captures;
using Domovoi.Network.Endpoints;
using Domovoi.Network.Filters;
using Domovoi.Network.Frames;
using Domovoi.Network.Offloads;
using Domovoi.Network.Vlans;

namespace Domovoi.Network.Ports;

/// <summary>A guest's plug in a network: what it may send and what it gets. Belongs to whoever holds its vif's gate.</summary>
/// <remarks>
/// Example, a guest on <c>bridge=xenbr0,vlan=10,ip=10.0.0.5</c> sends a frame: it is captured as the guest sent it, its addresses are
/// compared, it gets the tag of VLAN 10, is counted, and the endpoint writes it to the host's TAP device. A frame from there with the
/// same tag loses it and goes to the guest; one of VLAN 20 ends here.
/// </remarks>
public sealed class GuestPort(INetworkEndpoint endpoint, VlanPolicy vlans, AntispoofFilter? antispoof) : IFrameSink
{
    private readonly OffloadAdapter _towardsNetwork = new();
    private readonly OffloadAdapter _towardsGuest = new();
    private readonly EndpointSink _endpointSink = new(endpoint);
    private IFrameSink? _guest;

    public PortCounters Counters { get; } = new();

    public PortCapture Capture { get; } = new();

    public INetworkEndpoint Endpoint => endpoint;

    /// <summary>What the guest's driver takes; known when it has connected.</summary>
    public OffloadSupport GuestSupport { get; set; }

    /// <summary>The guest's side; null while no driver is connected, when frames for the guest are lost.</summary>
    public IFrameSink? Guest
    {
        get => _guest;
        set => _guest = value;
    }

    public bool HasRoom => _guest is null || _guest.HasRoom;

    /// <summary>Sends a frame of the guest into the network. The frame is changed on the way.</summary>
    public void Transmit(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Capture.Record(frame.Bytes);
        if (frame.Length < Frame.EthernetHeader)
        {
            Counters.CountMalformed();
        }
        else if (antispoof is not null && !antispoof.Allows(frame))
        {
            Counters.CountSpoofDrop();
        }
        else if (!vlans.TryEnter(frame))
        {
            Counters.CountVlanDrop();
        }
        else
        {
            int length = frame.Length;
            if (_towardsNetwork.TryDeliver(frame, endpoint.Accepts, _endpointSink))
            {
                Counters.CountTransmit(length);
            }
            else
            {
                Counters.CountMalformed();
            }
        }
    }

    /// <summary>A frame of the network, for the guest if its VLAN is.</summary>
    void IFrameSink.Deliver(Frame frame)
    {
        if (_guest is null || frame.Length < Frame.EthernetHeader || !vlans.TryLeave(frame))
        {
            return;
        }

        Capture.Record(frame.Bytes);
        int length = frame.Length;
        if (_towardsGuest.TryDeliver(frame, GuestSupport, _guest))
        {
            Counters.CountReceive(length);
        }
        else
        {
            Counters.CountMalformed();
        }
    }

    /// <summary>The endpoint as the end of the offloads' way.</summary>
    private sealed class EndpointSink(INetworkEndpoint endpoint) : IFrameSink
    {
        public bool HasRoom => true;

        public void Deliver(Frame frame) => endpoint.Send(frame);
    }
}
