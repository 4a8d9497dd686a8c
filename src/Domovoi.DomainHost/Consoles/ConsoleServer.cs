// SPDX-License-Identifier: MIT
using System.Net.Sockets;
using System.Text;
using Domovoi.Backends.Consoles;
using Domovoi.Contracts.Consoles;
using Domovoi.DomainHost.Sockets;

namespace Domovoi.DomainHost.Consoles;

/// <summary><c>console.sock</c>: any number of viewers share one console. Two small threads per viewer.</summary>
internal sealed class ConsoleServer : IDisposable
{
    private static readonly TimeSpan LastWordsPatience = TimeSpan.FromSeconds(2);

    private readonly ConsoleTranscript _transcript;
    private readonly ConsoleInput _input;
    private readonly SocketListener _listener;
    private readonly Lock _gate = new();                    // guards _viewers
    private readonly List<SocketViewer> _viewers = [];

    internal ConsoleServer(string path, ConsoleTranscript transcript, ConsoleInput input)
    {
        _transcript = transcript;
        _input = input;
        _listener = new SocketListener(path, "console-view", Serve);
    }

    internal void Start() => _listener.Start();

    /// <summary>Lets every viewer see the last bytes, then the end.</summary>
    public void Dispose()
    {
        _listener.Dispose();
        _input.Close();
        SocketViewer[] viewers;
        lock (_gate)
        {
            viewers = [.. _viewers];
            _viewers.Clear();
        }

        foreach (SocketViewer viewer in viewers)
        {
            viewer.Close(LastWordsPatience);
        }
    }

    private void Serve(Socket socket)
    {
        if (ReadHandshake(socket) is not { } handshake)
        {
            socket.Dispose();
            return;
        }

        SocketViewer viewer = new(socket, Remove);
        lock (_gate)
        {
            _viewers.Add(viewer);
        }

        _transcript.Attach(viewer, handshake.Replay);
        if (ReadInput(socket, handshake.ReadOnly))
        {
            return;                                         // silent from now on, but still watching
        }

        Remove(viewer);
    }

    private void Remove(SocketViewer viewer)
    {
        _transcript.Detach(viewer);
        bool mine;
        lock (_gate)
        {
            mine = _viewers.Remove(viewer);
        }

        if (mine)
        {
            viewer.Close(TimeSpan.Zero);
        }
    }

    /// <summary>Passes on what the viewer types; true when it ended its sending side, false when the socket failed.</summary>
    private bool ReadInput(Socket socket, bool discard)
    {
        byte[] buffer = new byte[1024];
        try
        {
            while (socket.Receive(buffer) is > 0 and var count)
            {
                if (!discard)
                {
                    _input.Type(buffer.AsSpan(0, count));
                }
            }

            return IsStillThere(socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Tells a viewer that only stopped typing from one that is gone: to the latter not even nothing can be sent.</summary>
    private static bool IsStillThere(Socket socket) => socket.Send(ReadOnlySpan<byte>.Empty) == 0;

    private static ConsoleHandshake? ReadHandshake(Socket socket)
    {
        byte[] line = new byte[ConsoleHandshake.MaximumLength];
        for (int length = 0; length < line.Length; length++)
        {
            if (socket.Receive(line, length, 1, SocketFlags.None) == 0)
            {
                return null;
            }

            if (line[length] == (byte)'\n')
            {
                return ConsoleHandshake.TryParse(Encoding.ASCII.GetString(line, 0, length));
            }
        }

        return null;
    }
}
