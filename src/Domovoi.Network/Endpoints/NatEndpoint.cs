// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Net;
using Domovoi.Linux;
using Domovoi.Network.Frames;
using Domovoi.Network.Offloads;

namespace Domovoi.Network.Endpoints;

/// <summary>The network a guest has without anybody's rights: its packets become connections of this process, by libslirp.</summary>
/// <remarks>
/// The guest gets 10.0.2.15 by DHCP, a router at 10.0.2.2 and a name server at 10.0.2.3; each guest has such a network of its own. It
/// reaches what the host reaches, but not what listens on the host's loopback addresses: that takes 10.0.2.2 and a switch for it.
/// The library knows no segmentation, but takes and makes TCP segments of up to 64 KiB, so long frames of the guest pass whole, and the
/// segment size a guest offers is raised on its way (RFC 9293, 3.7.1); what comes back that long is marked to be cut into the size it offered.
/// </remarks>
public sealed class NatEndpoint : INetworkEndpoint
{
    private const int MostWaiting = 1024;
    private const int LargestPacket = 65520;
    private const byte SynFlag = 0x02;
    private const byte MaximumSegmentOption = 2;
    private const ushort RaisedSegment = 32768;
    private const ushort EthernetSegment4 = 1460;
    private const ushort EthernetSegment6 = 1440;

    private readonly SlirpLibrary _library;
    private readonly Queue<Frame> _waiting = new();
    private readonly FramePool _pool = new(64);
    private readonly PollSet _now = new();
    private long _lost;
    private bool _isWaiting;

    private NatEndpoint(bool hostLoopback, TimeProvider time) => _library = new SlirpLibrary(
        new SlirpSettings(
            IPNetwork.Parse("10.0.2.0/24"),
            IPAddress.Parse("10.0.2.2"),
            GuestAddress,
            IPAddress.Parse("10.0.2.3"),
            HostName: null,
            LargestPacket,
            WithIpv6: true,
            hostLoopback),
        Arrive,
        time);

    /// <summary>What DHCP gives the guest.</summary>
    public static IPAddress GuestAddress { get; } = IPAddress.Parse("10.0.2.15");

    public OffloadSupport Accepts => OffloadSupport.Tcp4 | OffloadSupport.Tcp6;

    public bool IsCongested => false;

    public bool IsPrompt => true;

    /// <summary>None: the library has timers, and other sockets for each wait.</summary>
    public ArrivalSet? Arrivals => null;

    /// <summary>Frames the guest did not take in time.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Makes the network and its forwards.</summary>
    /// <param name="forwards">Ports of the host that lead to the guest.</param>
    /// <param name="hostLoopback">Whether 10.0.2.2 is the host's 127.0.0.1.</param>
    /// <param name="time">For the library's timers.</param>
    /// <exception cref="NetworkException">The library is missing, or a port of the host cannot be had.</exception>
    public static NatEndpoint Open(IEnumerable<PortForward> forwards, bool hostLoopback, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(forwards);
        NatEndpoint endpoint;
        try
        {
            endpoint = new NatEndpoint(hostLoopback, time);
        }
        catch (DllNotFoundException)
        {
            throw new NetworkException(
                "libslirp-missing",
                $"The guest's network needs {SlirpLibrary.FileName}, which is not installed.",
                "Install it (Debian: apt install libslirp0), or put the guest on a bridge, or write vif=[] for no network.");
        }

        foreach (PortForward forward in forwards)
        {
            endpoint.Forward(forward);
        }

        return endpoint;
    }

    public void SetCarrier(bool isUp)
    {
        if (!isUp)
        {
            _waiting.Clear();
        }
    }

    public void Send(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (frame.Offload.Kind != SegmentKind.None || frame.Offload.Checksum == ChecksumState.Partial)
        {
            frame.Offload = frame.Offload with { Kind = SegmentKind.None, SegmentSize = 0 };
            if (!ChecksumCompletion.TryComplete(frame))
            {
                return;
            }
        }

        RaiseSegmentSize(frame.Bytes);
        _library.Input(frame.Bytes);
    }

    public TimeSpan Prepare(PollSet set, IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        bool isBehind = _waiting.Count >= MostWaiting / 2;
        bool canDeliver = _waiting.Count > 0 && sink.HasRoom;
        _isWaiting = !isBehind && !canDeliver;
        return _isWaiting ? _library.Prepare(set)
            : canDeliver ? TimeSpan.Zero
            : TimeSpan.FromMilliseconds(10);                // the guest is behind: its connections wait in the host's sockets
    }

    public void Receive(PollSet set, IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Drain(sink);
        if (_isWaiting)
        {
            _library.Serve(set);
            Drain(sink);
        }
    }

    public bool ReceiveNow(IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        _now.Clear();
        _library.Prepare(_now);
        _now.Wait(TimeSpan.Zero);
        _library.Serve(_now);
        Drain(sink);
        return true;
    }

    public void Dispose() => _library.Dispose();

    private void Drain(IFrameSink sink)
    {
        while (sink.HasRoom && _waiting.TryDequeue(out Frame? frame))
        {
            sink.Deliver(frame);
            _pool.Return(frame);
        }
    }

    private void Forward(PortForward forward)
    {
        IPEndPoint host = new(forward.HostAddress, forward.HostPort);
        bool isIpv4 = forward.HostAddress.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        IPAddress guest = isIpv4 ? GuestAddress : throw new NetworkException(
            "forward-address", $"Ports cannot be forwarded from {forward.HostAddress}.", "Give an IPv4 address of this host, or none.");
        if (!_library.TryForward(forward.IsUdp, host, new IPEndPoint(guest, forward.GuestPort)))
        {
            Dispose();
            throw new NetworkException(
                "port-taken",
                $"Port {forward.HostPort} of {forward.HostAddress} cannot be opened on this host: it is in use, or below 1024 and you are not root.",
                $"Choose another, such as -p {(forward.HostPort < 1024 ? forward.HostPort + 8000 : forward.HostPort + 1)}:{forward.GuestPort}.");
        }
    }

    /// <summary>A frame of the library's for the guest; inside one of its calls, so it has to wait.</summary>
    private void Arrive(ReadOnlySpan<byte> bytes)
    {
        if (_waiting.Count >= MostWaiting || bytes.Length > Frame.MaximumLength)
        {
            Volatile.Write(ref _lost, _lost + 1);
            return;
        }

        Frame frame = _pool.Rent();
        frame.CopyFrom(bytes);
        frame.Offload = Describe(frame);
        _waiting.Enqueue(frame);
    }

    private static FrameOffload Describe(Frame frame)
    {
        FrameOffload whole = new(SegmentKind.None, 0, ChecksumState.Verified, 0, 0);
        FrameHeaders headers = FrameHeaders.Of(frame.Bytes);
        bool isIpv4 = headers.Type == EtherType.Ipv4;
        ushort size = isIpv4 ? EthernetSegment4 : EthernetSegment6;
        if (headers.Protocol != EtherType.Tcp || frame.Length - headers.Transport < 20)
        {
            return whole;
        }

        int payload = frame.Length - headers.Transport - ((frame.Bytes[headers.Transport + 12] >> 4) * 4);
        return payload <= size || !ChecksumCompletion.TryDescribe(frame, out FrameOffload partial)
            ? whole
            : partial with { Kind = isIpv4 ? SegmentKind.Tcp4 : SegmentKind.Tcp6, SegmentSize = size };
    }

    /// <summary>Lets the other end believe the guest takes long segments, which it does, through its segmentation offload.</summary>
    private static void RaiseSegmentSize(Span<byte> frame)
    {
        FrameHeaders headers = FrameHeaders.Of(frame);
        if (headers.Protocol != EtherType.Tcp || frame.Length - headers.Transport < 20 || (frame[headers.Transport + 13] & SynFlag) == 0)
        {
            return;
        }

        Span<byte> tcp = frame[headers.Transport..];
        int end = Math.Min((tcp[12] >> 4) * 4, tcp.Length);
        for (int at = 20; end - at >= 4 && tcp[at] != 0;)
        {
            if (tcp[at] == MaximumSegmentOption && tcp[at + 1] == 4)
            {
                Replace(tcp, at + 2, RaisedSegment);
                return;
            }

            at += tcp[at] == 1 ? 1 : Math.Max(2, (int)tcp[at + 1]);
        }
    }

    /// <summary>Changes a field and the checksum with it (RFC 1624).</summary>
    private static void Replace(Span<byte> tcp, int at, ushort value)
    {
        Span<byte> field = tcp[(at & ~1)..];
        Span<byte> before = stackalloc byte[4];
        int length = Math.Min(4, field.Length);
        field[..length].CopyTo(before);
        BinaryPrimitives.WriteUInt16BigEndian(tcp[at..], value);
        ulong sum = (ushort)~BinaryPrimitives.ReadUInt16BigEndian(tcp[16..]);
        for (int word = 0; word + 2 <= length; word += 2)
        {
            sum += (ushort)~BinaryPrimitives.ReadUInt16BigEndian(before[word..]);
            sum += BinaryPrimitives.ReadUInt16BigEndian(field[word..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(tcp[16..], (ushort)~InternetChecksum.Fold(sum));
    }
}
