// SPDX-License-Identifier: MIT
using Domovoi.Backends.Rings;
using Domovoi.Memory;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore;

namespace Domovoi.Backends.Stores;

/// <summary>Connects a guest's xenstore ring page with the store.</summary>
/// <remarks>
/// Runs on its own thread, woken by the guest's event and by the store when a watch fires. A guest that leaves its answers in the
/// ring is not listened to until it takes them; one that breaks the ring or the protocol is told so in the page
/// (<c>error</c>) and not listened to any more.
/// </remarks>
public sealed class XenstoreRing : IDisposable
{
    private readonly GuestMemory _memory;
    private readonly PhysicalAddress _page;
    private readonly XenstoreServer _server;
    private readonly ByteRingReader _requests;
    private readonly ByteRingWriter _answers;
    private readonly StoreConnection _connection;
    private readonly BackendThread _thread;
    private readonly byte[] _buffer = new byte[XenstorePage.RingSize];
    private Action _raise = static () => { };
    private bool _failed;

    public XenstoreRing(GuestMemory memory, PhysicalAddress page, XenstoreServer server, DomainId domain)
    {
        _memory = memory;
        _page = page;
        _server = server;
        memory.TryWrite(XenstorePage.Features(page), (uint)XenstoreServer.Features);
        _requests = new ByteRingReader(memory, XenstorePage.Requests(page));
        _answers = new ByteRingWriter(memory, XenstorePage.Answers(page));
        _thread = new BackendThread("xenstore", Work);
        _connection = server.Connect(domain, Signal);
    }

    /// <summary>Wakes the thread: what the guest's event channel calls.</summary>
    public void Signal() => _thread.Wake();

    /// <param name="raise">Sends an event to the guest.</param>
    public void Start(Action raise)
    {
        _raise = raise;
        _thread.Start();
    }

    public void Dispose()
    {
        _thread.Dispose();
        _server.Disconnect(_connection.Domain);
    }

    internal TimeSpan Work()
    {
        bool moved = !_failed;
        while (moved)
        {
            moved = GiveAnswers() | TakeRequests();
            if (moved)
            {
                _raise();
            }

            moved &= !CheckFailure();
        }

        return Timeout.InfiniteTimeSpan;
    }

    private bool GiveAnswers()
    {
        int count = _connection.Take(_buffer.AsSpan(0, Math.Min(_answers.Free, _buffer.Length)));
        return _answers.Write(_buffer.AsSpan(0, count)) > 0;
    }

    private bool TakeRequests()
    {
        if (!_connection.WantsInput)
        {
            return false;
        }

        int count = _requests.Read(_buffer);
        _connection.Receive(_buffer.AsSpan(0, count));
        return count > 0;
    }

    private bool CheckFailure()
    {
        uint error = _connection.IsBroken ? XenstorePage.BadProtocol
            : _requests.IsBroken || _answers.IsBroken ? XenstorePage.BadIndex
            : 0;
        if (error != 0)
        {
            _failed = true;
            Volatile.Write(ref _memory.Shared<uint>(XenstorePage.Error(_page)), error);
            _raise();
        }

        return _failed;
    }
}
