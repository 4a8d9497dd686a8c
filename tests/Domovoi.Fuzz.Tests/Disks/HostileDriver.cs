// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends;
using Domovoi.Backends.Disks;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Fuzz.Disks;

/// <summary>Plays a hostile blkfront for a while, and looks afterwards whether anything was touched that was not granted.</summary>
internal sealed class HostileDriver
{
    private const int Pages = 24;
    private const byte Untouched = 0xA7;
    private const uint ReadOnlyFlag = (uint)GrantFlags.ReadOnly;
    private const uint Marks = (uint)(GrantFlags.Reading | GrantFlags.Writing);

    private readonly Random _random;
    private readonly BlockFront _front;
    private readonly (GrantRef Reference, Mfn Frame)[] _pages;
    private readonly (GrantRef Reference, Mfn Frame)[] _readOnly;
    private readonly (GrantRef Reference, Mfn Frame)[] _secret;

    internal HostileDriver(Random random, BlockFront front)
    {
        _random = random;
        _front = front;
        _pages = [.. Enumerable.Range(0, Pages).Select(_ => front.Page())];
        _readOnly = [.. Enumerable.Range(0, 3).Select(_ => front.Page(Untouched))];
        _secret = [.. Enumerable.Range(0, 3).Select(_ => front.Page(Untouched))];
        Array.ForEach(_readOnly, page => Entry(page.Reference) |= ReadOnlyFlag);
        Array.ForEach(_secret, page => front.Guest.Revoke(page.Reference));
    }

    internal void Play()
    {
        for (int rounds = _random.Next(1, 10); rounds > 0; rounds--)
        {
            switch (_random.Next(12))
            {
                case 0:
                    BreakTheRing();
                    break;
                case 1:
                    Reconnect();
                    break;
                case 2 when _front.Device.Settings.IsCdRom:
                    _front.Device.Exchange(null, "");
                    break;
                default:
                    SendMany();
                    break;
            }
        }

        _front.Close();
        foreach ((GrantRef _, Mfn frame) in _readOnly.Concat(_secret))
        {
            Assert.Equal(-1, _front.Guest.Memory.Frame(frame.Value).IndexOfAnyExcept(Untouched));
        }

        Assert.All(_pages.Concat(_readOnly), page => Assert.Equal(0u, Entry(page.Reference) & Marks));
    }

    /// <summary>Each request that was taken is answered once, with its id.</summary>
    private void SendMany()
    {
        BlockRequest[] requests = [.. Enumerable.Range(0, _random.Next(1, _front.Ring.Capacity + 1)).Select(_ => Request())];
        _front.Ring.Send<BlockRequest>(requests);
        _front.Signal();
        List<BlockResponse> answers = [];
        TestGuest.Until(() =>
        {
            Scribble();
            answers.AddRange(_front.Ring.Take<BlockResponse>());
            return answers.Count >= requests.Length;
        });
        Assert.Equal(requests.Select(static request => request.Id).Order(), answers.Select(static answer => answer.Id).Order());
    }

    private BlockRequest Request()
    {
        BlockRequest request = MemoryMarshal.Read<BlockRequest>(_random.Bytes(BlockRequest.Size));
        if (_random.Chance(10))
        {
            return request;
        }

        request.Operation = (BlockOperation)_random.Next(8);
        request.Sector = _random.Chance(8) ? _random.EdgeNumber() : (ulong)(_random.Next(520) * 8);
        if (request.Operation == BlockOperation.Discard)
        {
            request.SectorCount = _random.Chance(4) ? _random.EdgeNumber() : (ulong)_random.Next(64);
        }
        else if (request.Operation == BlockOperation.Indirect)
        {
            MakeIndirect(ref request);
        }
        else
        {
            request.SegmentCount = (byte)_random.Next(13);
            Span<BlockSegment> segments = request.Segments;
            FillSegments(segments);
        }

        return request;
    }

    private void MakeIndirect(ref BlockRequest request)
    {
        request.IndirectOperation = (BlockOperation)_random.Next(3);
        request.IndirectSegmentCount = (ushort)(_random.Chance(8) ? _random.EdgeNumber() : (ulong)_random.Next(1, 260));
        Span<GrantRef> grants = request.IndirectGrants;
        foreach (ref GrantRef grant in grants)
        {
            (GrantRef reference, Mfn frame) = _random.OneOf<(GrantRef, Mfn)>(_pages);
            grant = _random.Chance(10) ? Reference() : reference;
            FillSegments(MemoryMarshal.Cast<byte, BlockSegment>(_front.Guest.Memory.Frame(frame.Value)));
        }
    }

    private void FillSegments(Span<BlockSegment> segments)
    {
        bool isOdd = _random.Chance(4);
        foreach (ref BlockSegment segment in segments)
        {
            segment = new BlockSegment { Grant = Reference(), FirstSector = 0, LastSector = 7 };
            if (isOdd)
            {
                segment.FirstSector = (byte)_random.Next(9);
                segment.LastSector = (byte)_random.Next(9);
            }
        }
    }

    /// <summary>Mostly a good grant; else a read-only one, one that was taken back, or any number.</summary>
    private GrantRef Reference() => _random.Next(30) switch
    {
        0 => _random.OneOf<(GrantRef Reference, Mfn)>(_readOnly).Reference,
        1 => _random.OneOf<(GrantRef Reference, Mfn)>(_secret).Reference,
        2 => Unknown(),
        _ => _random.OneOf<(GrantRef Reference, Mfn)>(_pages).Reference,
    };

    /// <summary>Any number but those of our own pages: a ring that the guest has a disk read into answers nonsense, and may.</summary>
    private GrantRef Unknown()
    {
        const uint reserved = 8, used = 4096;
        uint number = (uint)_random.EdgeNumber();
        return new GrantRef(number is >= reserved and < used ? number + used : number);
    }

    /// <summary>What a guest can do while its requests are under way: change lists and data, take grants back, give them again.</summary>
    private void Scribble()
    {
        (GrantRef reference, Mfn frame) = _random.OneOf<(GrantRef, Mfn)>(_pages);
        switch (_random.Next(4))
        {
            case 0:
                _front.Guest.Revoke(reference);
                break;
            case 1:
                _front.Guest.Grants.SeedForBackend(reference, frame);
                break;
            case 2:
                _random.NextBytes(_front.Guest.Memory.Frame(frame.Value)[.._random.Next(256)]);
                break;
            default:
                _front.Signal();
                break;
        }
    }

    /// <summary>An index that cannot be stops the ring; a new connection works.</summary>
    private void BreakTheRing()
    {
        Volatile.Write(ref _front.Ring.RequestProducer, _front.Ring.RequestProducer + (uint)_front.Ring.Capacity + 1 + (uint)_random.Next());
        _front.Signal();
        Reconnect();
    }

    private void Reconnect()
    {
        _front.Close();
        Array.ForEach(_pages, page => _front.Guest.Grants.SeedForBackend(page.Reference, page.Frame));
        _front.Connect(persistent: _random.Chance(2), ringPages: 1 << _random.Next(3));
    }

    /// <summary>The first word of a grant's entry: its flags and the domain it is for.</summary>
    private ref uint Entry(GrantRef reference)
    {
        const uint entriesPerFrame = 512;
        Mfn table = _front.Guest.Grants.FrameAt((int)(reference.Value / entriesPerFrame));
        return ref _front.Guest.Memory.Shared<uint>(PhysicalAddress.OfFrame(table.Value) + (reference.Value % entriesPerFrame * 8));
    }
}
