// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Runtime.InteropServices;
using Domovoi.Backends.Xenbus;
using Domovoi.Memory;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Backends.Nics;

/// <summary>A guest's network driver: honest unless a test writes its rings by hand. It sends events only when told to: the endpoint under test looks each millisecond.</summary>
internal sealed class FakeNetfront
{
    private readonly TestGuest _guest;
    private readonly NodePath _front;
    private readonly EventPort _event;
    private readonly Dictionary<ushort, Mfn> _pages = [];
    private ushort _nextId;

    internal FakeNetfront(TestGuest guest, string features = "feature-sg feature-gso-tcpv4 feature-gso-tcpv6 feature-ipv6-csum-offload feature-rx-notify")
    {
        _guest = guest;
        _front = new DeviceAddress("vif", 0).Front(TestGuest.Id);
        Transmit = new FrontRing(guest, 12);
        Receive = new FrontRing(guest, 8);
        Write("tx-ring-ref", Transmit.References[0].Value);
        Write("rx-ring-ref", Receive.References[0].Value);
        _event = guest.Events.AllocateForBackend();
        Write("event-channel", _event.Value);
        Write("request-rx-copy", 1);
        foreach (string feature in features.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            Write(feature, 1);
        }
    }

    internal FrontRing Transmit { get; }

    internal FrontRing Receive { get; }

    internal void Write(string node, uint value) =>
        _guest.Store.Write(_front.Child(node), value.ToString(CultureInfo.InvariantCulture));

    /// <summary><c>EVTCHNOP_send</c></summary>
    internal void Signal() => Assert.Equal(XenError.None, _guest.Events.Send(_event));

    internal void Connect() => Write("state", (uint)XenbusState.Connected);

    /// <summary>A granted page that holds bytes at an offset.</summary>
    internal GrantRef Page(ReadOnlySpan<byte> bytes, int offset = 0)
    {
        (GrantRef reference, Mfn frame) = _guest.NewGrant();
        _guest.Memory.TryWrite(PhysicalAddress.OfFrame(frame.Value) + (ulong)offset, bytes);
        return reference;
    }

    /// <summary>Sends a packet in pieces of at most a page, with its extra.</summary>
    internal void Send(byte[] packet, NetifTxFlags flags = 0, NetifExtraInfo? extra = null, int piece = 4096)
    {
        List<NetifTxRequest> requests = [];
        for (int at = 0; at < packet.Length; at += piece)
        {
            int size = Math.Min(piece, packet.Length - at);
            requests.Add(new NetifTxRequest
            {
                Grant = Page(packet.AsSpan(at, size)),
                Id = _nextId++,
                Size = (ushort)(at == 0 ? packet.Length : size),
                Flags = (at == 0 ? flags | (extra is null ? 0 : NetifTxFlags.ExtraInfo) : 0)
                    | (at + size < packet.Length ? NetifTxFlags.MoreData : 0),
            });
        }

        if (extra is { } info)
        {
            requests.Insert(1, AsRequest(info));
        }

        Transmit.Send<NetifTxRequest>(CollectionsMarshal.AsSpan(requests));
    }

    /// <summary>Gives the back end empty pages to fill.</summary>
    internal void Post(int count)
    {
        for (int i = 0; i < count; i++)
        {
            (GrantRef reference, Mfn frame) = _guest.NewGrant();
            _pages[_nextId] = frame;
            Receive.Send(new NetifRxRequest { Id = _nextId++, Grant = reference });
        }
    }

    /// <summary>What the back end wrote into the page of an answer.</summary>
    internal byte[] Content(NetifRxResponse response)
    {
        byte[] bytes = new byte[response.Status];
        _guest.Memory.TryRead(PhysicalAddress.OfFrame(_pages[response.Id].Value) + response.Offset, bytes);
        return bytes;
    }

    internal static NetifTxRequest AsRequest(NetifExtraInfo extra)
    {
        NetifTxRequest request = default;
        MemoryMarshal.Write(MemoryMarshal.AsBytes(new Span<NetifTxRequest>(ref request)), in extra);
        return request;
    }
}
