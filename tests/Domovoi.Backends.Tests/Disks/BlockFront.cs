// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends.Xenbus;
using Domovoi.Linux;
using Domovoi.Storage;
using Domovoi.Xen.Abi;
using Domovoi.Xenstore.Store;

namespace Domovoi.Backends.Disks;

/// <summary>A disk and a driver for it, as blkfront would be one: connects over the store, sends requests, takes responses.</summary>
internal sealed class BlockFront : IDisposable
{
    private static readonly DeviceAddress Address = BlockDevice.AddressOf(51712);
    private readonly DeviceBus _bus;
    private readonly TestGuest _guest;
    private EventPort _port;
    private ulong _lastId;

    internal BlockFront(IDisk? disk, bool persistent = false, int ringPages = 1, bool isCdRom = false, DiskTroubleHandler? trouble = null, bool? offered = null)
    {
        _guest = new TestGuest(2048);
        Device = new BlockDevice(
            new BlockSettings(51712, "xvda", "/srv/a.img", isCdRom, offered ?? persistent), disk, trouble ?? ((_, _, _) => false));
        _bus = new DeviceBus(_guest.Domain);
        _bus.TryAdd(Device);
        Connect(persistent, ringPages);
    }

    internal BlockDevice Device { get; }

    internal TestGuest Guest => _guest;

    internal FrontRing Ring { get; private set; } = null!;

    internal void Connect(bool persistent = false, int ringPages = 1)
    {
        SetState(XenbusState.Initialising);
        WaitFor(XenbusState.InitWait);
        Ring = new FrontRing(_guest, BlockRequest.Size, ringPages);
        _port = _guest.Events.AllocateForBackend();
        Write("event-channel", $"{_port.Value}");
        Write("protocol", "x86_64-abi");
        Write("feature-persistent", persistent ? "1" : "0");
        Write("ring-page-order", $"{int.Log2(ringPages)}");
        for (int page = 0; page < ringPages; page++)
        {
            Write($"ring-ref{page}", $"{Ring.References[page].Value}");
        }

        SetState(XenbusState.Initialised);
        WaitFor(XenbusState.Connected);
        SetState(XenbusState.Connected);
    }

    internal void Close()
    {
        SetState(XenbusState.Closed);
        WaitFor(XenbusState.Closed);
    }

    internal string? Back(string name) => _guest.Store.Read(Address.Back(TestGuest.Id).Child(name));

    internal void WaitFor(XenbusState state) => TestGuest.Until(() => Back("state") == $"{(int)state}");

    /// <summary>A granted page full of one byte.</summary>
    internal (GrantRef Reference, Mfn Frame) Page(byte fill = 0)
    {
        (GrantRef reference, Mfn frame) = _guest.NewGrant();
        _guest.Memory.Frame(frame.Value).Fill(fill);
        return (reference, frame);
    }

    internal BlockRequest Request(BlockOperation operation, ulong sector, params ReadOnlySpan<BlockSegment> segments)
    {
        BlockRequest request = new() { Operation = operation, Id = ++_lastId, Sector = sector, SegmentCount = (byte)segments.Length };
        Span<BlockSegment> slots = request.Segments;
        segments.CopyTo(slots);
        return request;
    }

    /// <summary>A request whose segments lie in a page of their own.</summary>
    internal BlockRequest Indirect(BlockOperation operation, ulong sector, ReadOnlySpan<BlockSegment> segments)
    {
        (GrantRef reference, Mfn frame) = _guest.NewGrant();
        MemoryMarshal.AsBytes(segments).CopyTo(_guest.Memory.Frame(frame.Value));
        BlockRequest request = new()
        {
            Operation = BlockOperation.Indirect, Id = ++_lastId, Sector = sector,
        };
        request.IndirectOperation = operation;
        request.IndirectSegmentCount = (ushort)segments.Length;
        Span<GrantRef> grants = request.IndirectGrants;
        grants[0] = reference;
        return request;
    }

    /// <summary>Sends one request and waits for its answer.</summary>
    internal BlockStatus Do(BlockRequest request) => Assert.Single(Send(request)).Status;

    /// <summary>Sends requests and waits for as many answers.</summary>
    internal List<BlockResponse> Send(params ReadOnlySpan<BlockRequest> requests)
    {
        Ring.Send(requests);
        Signal();
        int count = requests.Length;
        List<BlockResponse> answers = [];
        TestGuest.Until(() =>
        {
            answers.AddRange(Ring.Take<BlockResponse>());
            return answers.Count >= count;
        });
        return answers;
    }

    internal void Signal() => Assert.Equal(XenError.None, _guest.Events.Send(_port));

    public void Dispose()
    {
        _bus.Dispose();
        Device.Dispose();
        _guest.Dispose();
    }

    private void SetState(XenbusState state) => Write("state", $"{(int)state}");

    private void Write(string name, string value) => _guest.Store.Write(NodePath.Parse($"{Address.Front(TestGuest.Id)}/{name}"), value);
}
