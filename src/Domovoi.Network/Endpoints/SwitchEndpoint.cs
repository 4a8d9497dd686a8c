// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;
using Domovoi.Linux;
using Domovoi.Network.Frames;
using Domovoi.Network.Switching;
using Domovoi.Network.Vlans;

namespace Domovoi.Network.Endpoints;

/// <summary>A private switch of one user's guests on this host: no process of its own, only sockets in a folder.</summary>
/// <remarks>
/// Each port listens at a socket in the switch's folder and has a connection to every other, so that each pair has a queue of its own.
/// A port sends a frame straight to the port behind which it has last seen the destination, or to all when it does not know; each
/// learns for itself, per VLAN. When a process is killed, its connections break, and the file it leaves is removed by the first who
/// finds nobody there; the switch lives as long as any of its ports. The first message on a connection is the sender's name, each
/// further one a frame behind its <c>struct virtio_net_hdr</c>.
/// </remarks>
public sealed class SwitchEndpoint : INetworkEndpoint
{
    private const string Extension = ".port";
    private const int FramesPerTurn = 64;
    private const int FramesAtOnce = 8;
    private const int SocketRoom = 4 << 20;
    private const int MostPorts = 1024;
    private const int LongestName = 64;
    private static readonly TimeSpan s_lookAround = TimeSpan.FromSeconds(5);

    private readonly string _folder;
    private readonly string _name;
    private readonly Socket _listener;
    private readonly TimeProvider _time;
    private readonly StationTable<SwitchPeer> _stations;
    private readonly Dictionary<string, SwitchPeer> _peers = new(StringComparer.Ordinal);
    private readonly List<Inlet> _inlets = [];
    private readonly PollSet _now = new();
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(OffloadHeader.Size + Frame.MaximumLength, pinned: true);
    private readonly Frame _frame = new();
    private long _lookedAround;
    private int _listenerPlace = -1;
    private int _arrivalsPlace = -1;
    private bool _mayHaveMore;

    private SwitchEndpoint(string folder, string name, Socket listener, TimeProvider time)
    {
        _folder = folder;
        _name = name;
        _listener = listener;
        _time = time;
        _stations = new StationTable<SwitchPeer>(time);
        LookAround();
    }

    public OffloadSupport Accepts => OffloadSupport.All;

    /// <summary>Not when it is time to look into the switch's folder.</summary>
    public bool IsPrompt => _time.GetElapsedTime(_lookedAround) <= s_lookAround;

    public ArrivalSet Arrivals { get; } = new();

    public bool IsCongested
    {
        get
        {
            foreach (SwitchPeer peer in _peers.Values)
            {
                if (peer.IsBehind)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Plugs a new port in.</summary>
    /// <param name="folder">Of the switch; made if it is not there.</param>
    /// <param name="name">One no other port has, such as <c>vif3.0</c>.</param>
    /// <param name="time">For the ages of stations.</param>
    /// <exception cref="NetworkException">The folder cannot be used.</exception>
    public static SwitchEndpoint Join(string folder, string name, TimeProvider time)
    {
        Socket listener = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            string path = Path.Combine(folder, name + Extension);
            string fresh = path + ".new";                   // others see it only when somebody listens there
            File.Delete(fresh);
            listener.Bind(new UnixDomainSocketEndPoint(fresh));
            listener.Listen(MostPorts);
            listener.Blocking = false;
            File.Move(fresh, path, overwrite: true);
            return new SwitchEndpoint(folder, name, listener, time);
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            listener.Dispose();
            throw new NetworkException(
                "switch-folder", $"The switch's folder {folder} cannot be used: {e.Message}", "Set DOMOVOI_RUN_DIR to a short path of your own.");
        }
    }

    public void SetCarrier(bool isUp)
    {
    }

    public void Send(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Span<byte> datagram = frame.WithHeader(OffloadHeader.Size);
        OffloadHeader.Write(frame, datagram);
        if (_stations.Find(VlanPolicy.VlanOf(frame.Bytes, out _), frame.Destination) is { IsGone: false } known)
        {
            known.Send(datagram);
            return;
        }

        if (_time.GetElapsedTime(_lookedAround) > s_lookAround)
        {
            LookAround();
        }

        foreach (SwitchPeer peer in _peers.Values)
        {
            peer.Send(datagram);
        }
    }

    public TimeSpan Prepare(PollSet set, IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(sink);
        _listenerPlace = set.Add((int)_listener.Handle, PollEvents.In);
        bool isBehind = false;
        foreach (SwitchPeer peer in _peers.Values)
        {
            if (peer.IsBehind)
            {
                isBehind = true;
                set.Add(peer.Descriptor, PollEvents.Out);
            }
        }

        bool hasRoom = sink.HasRoom;
        _arrivalsPlace = hasRoom ? set.Add(Arrivals.Descriptor, PollEvents.In) : -1;
        return hasRoom && _mayHaveMore ? TimeSpan.Zero : isBehind ? TimeSpan.FromMilliseconds(5) : Timeout.InfiniteTimeSpan;
    }

    public void Receive(PollSet set, IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(sink);
        foreach (SwitchPeer peer in _peers.Values)
        {
            peer.Flush();
        }

        if (_mayHaveMore || set.Result(_arrivalsPlace) != PollEvents.None)
        {
            _mayHaveMore = false;
            ReceiveReady(sink, FramesPerTurn);
        }

        RemoveGone();
        if (_listenerPlace >= 0 && set.Result(_listenerPlace) != PollEvents.None)
        {
            Accept();
        }
    }

    /// <summary>A new port's first message is left to the thread, and so is one that has gone.</summary>
    public bool ReceiveNow(IFrameSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        _mayHaveMore = _inlets.Exists(static inlet => inlet.Peer is null);
        if (!_mayHaveMore)
        {
            ReceiveReady(sink, FramesAtOnce);
        }

        return _mayHaveMore || _inlets.Exists(static inlet => inlet.IsGone);
    }

    public void Dispose()
    {
        File.Delete(Path.Combine(_folder, _name + Extension));
        _listener.Dispose();
        Arrivals.Dispose();
        _inlets.ForEach(static inlet => inlet.Socket.Dispose());
        foreach (SwitchPeer peer in _peers.Values)
        {
            peer.Dispose();
        }
    }

    private void ReceiveReady(IFrameSink sink, int most)
    {
        _now.Clear();
        foreach (Inlet inlet in _inlets)
        {
            inlet.Place = _now.Add((int)inlet.Socket.Handle, PollEvents.In);
        }

        if (_now.Wait(TimeSpan.Zero) == 0)
        {
            return;
        }

        foreach (Inlet inlet in _inlets)
        {
            if (_now.Result(inlet.Place) != PollEvents.None)
            {
                Receive(inlet, sink, most);
            }
        }
    }

    private void Receive(Inlet inlet, IFrameSink sink, int most)
    {
        for (int count = 0; sink.HasRoom && count < most; count++)
        {
            int length = inlet.Socket.Receive(_buffer, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                return;
            }

            if (error != SocketError.Success || length == 0)
            {
                inlet.IsGone = true;
                return;
            }

            if (inlet.Peer is null)
            {
                string name = Encoding.UTF8.GetString(_buffer, 0, length);
                if (!IsName(name))
                {
                    inlet.IsGone = true;                    // it would lead out of the folder
                    return;
                }

                inlet.Peer = Meet(name);
            }
            else if (length > OffloadHeader.Size + Frame.EthernetHeader && OffloadHeader.Read(_buffer) is { } offload)
            {
                _frame.CopyFrom(_buffer.AsSpan(OffloadHeader.Size, length - OffloadHeader.Size));
                _frame.Offload = offload;
                if (!inlet.Peer.IsGone)
                {
                    _stations.Learn(VlanPolicy.VlanOf(_frame.Bytes, out _), _frame.Source, inlet.Peer);
                }

                sink.Deliver(_frame);
            }
        }

        _mayHaveMore = true;
    }

    private void Accept()
    {
        try
        {
            Socket socket = _listener.Accept();
            if (_inlets.Count >= MostPorts)
            {
                socket.Dispose();
                return;
            }

            socket.Blocking = false;
            _inlets.Add(new Inlet(socket));
            Arrivals.Add((int)socket.Handle);
        }
        catch (SocketException)
        {
            // It has gone before we came.
        }
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= LongestName && text[0] != '.' && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    /// <summary>The port of that name, connected to if it was not.</summary>
    private SwitchPeer? Meet(string name)
    {
        if (!_peers.TryGetValue(name, out SwitchPeer? peer))
        {
            Connect(name);
            _peers.TryGetValue(name, out peer);
        }

        return peer;
    }

    /// <summary>Finds ports that came, or that we failed to meet.</summary>
    private void LookAround()
    {
        _lookedAround = _time.GetTimestamp();
        _stations.Age();
        foreach (string path in Directory.EnumerateFiles(_folder, "*" + Extension).Take(MostPorts))
        {
            string name = Path.GetFileNameWithoutExtension(path);
            if (name != _name && !_peers.ContainsKey(name))
            {
                Connect(name);
            }
        }
    }

    private void Connect(string name)
    {
        string path = Path.Combine(_folder, name + Extension);
        Socket socket = new(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.SendBufferSize = SocketRoom;
            socket.Connect(new UnixDomainSocketEndPoint(path));
            socket.Send(Encoding.UTF8.GetBytes(_name));
            _peers.Add(name, new SwitchPeer(name, socket, _time));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket.Dispose();
            if (e is SocketException { SocketErrorCode: SocketError.ConnectionRefused })
            {
                File.Delete(path);                          // its process was killed
            }
        }
    }

    private void RemoveGone()
    {
        foreach (SwitchPeer peer in _peers.Values.Where(static peer => peer.IsGone).ToArray())
        {
            Forget(peer);
        }

        foreach (Inlet inlet in _inlets)
        {
            if (inlet is { IsGone: true, Peer: { } peer })
            {
                Forget(peer);
            }
        }

        _inlets.RemoveAll(inlet =>
        {
            if (inlet.IsGone)
            {
                Arrivals.Remove((int)inlet.Socket.Handle);
                inlet.Socket.Dispose();
            }

            return inlet.IsGone;
        });
    }

    private void Forget(SwitchPeer peer)
    {
        _stations.Remove(peer);
        if (_peers.GetValueOrDefault(peer.Name) == peer)
        {
            _peers.Remove(peer.Name);
        }

        peer.Dispose();
    }

    /// <summary>A connection on which another port sends to us.</summary>
    private sealed class Inlet(Socket socket)
    {
        internal Socket Socket => socket;

        internal SwitchPeer? Peer { get; set; }

        internal int Place { get; set; } = -1;

        internal bool IsGone { get; set; }
    }
}
