// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends.Rings;
using Domovoi.Hypervisor.Grants;
using Domovoi.Memory;
using Domovoi.Network.Frames;
using Domovoi.Network.Offloads;
using Domovoi.Network.Ports;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Nics;

/// <summary>Takes packets out of a guest's transmit ring. Belongs to whoever holds the vif's gate.</summary>
/// <remarks>
/// A packet is a first request, which tells the whole size, extras if it says so, and further requests while they say so:
/// <code>
/// [first: size 4000, extra_info|more_data] [extra: GSO, 1448] [size 2000, more_data] [size 1000]     first carries 1000 itself
/// </code>
/// Each request is copied once and then checked; data are copied once through the grants. Every slot is answered.
/// </remarks>
internal sealed class NicTransmitter(SharedRing ring, GrantTable grants)
{
    private readonly NetifTxRequest[] _pieces = new NetifTxRequest[NetifLimits.FatalSlots];
    private bool _answered;

    /// <summary>Set when the front end did what no driver does; the ring is left alone from then on.</summary>
    internal string? Complaint { get; private set; }

    internal int Waiting => Complaint is null ? ring.Waiting : 0;

    internal bool HasWaiting => Waiting > 0;

    /// <summary>Takes the next packet.</summary>
    /// <param name="frame">Gets it; stays empty when the packet is only a message for us, or cannot be had.</param>
    /// <param name="multicasts">Told which addresses the guest wants; null when it has not asked for that.</param>
    /// <param name="counters">Told of what cannot be had.</param>
    /// <returns>false when there is none.</returns>
    internal bool TryTake(Frame frame, MulticastFilter? multicasts, PortCounters counters)
    {
        Span<byte> room = frame.Reset();
        if (Complaint is not null || !ring.TryTake(out NetifTxRequest first))
        {
            Complaint ??= ring.IsBroken ? "the transmit ring's indices cannot be" : null;
            return false;
        }

        _answered = true;
        NetifExtraInfo gso = default;
        NetifExtraInfo multicast = default;
        int extras = 0;
        if ((first.Flags & NetifTxFlags.ExtraInfo) != 0 && !TryTakeExtras(ref gso, ref multicast, out extras))
        {
            return false;
        }

        if (multicast.Type != NetifExtraType.None)
        {
            Answer(in first, extras, 0, Apply(in multicast, multicasts) ? NetifStatus.Okay : NetifStatus.Error);
            return true;
        }

        if (!TryTakePieces(in first, out int count))
        {
            return false;
        }

        bool isGood = TryGather(in first, count, room, out int length) && TryDescribe(frame, length, in first, in gso);
        Answer(in first, extras, count, isGood ? NetifStatus.Okay : NetifStatus.Error);
        if (!isGood)
        {
            frame.Reset();
            counters.CountMalformed();
        }

        return Complaint is null;
    }

    /// <summary>Shows the answers; true when the guest wants an event.</summary>
    internal bool Publish()
    {
        bool isNew = _answered;
        _answered = false;
        return isNew && ring.Publish();
    }

    /// <summary>Asks for an event with the next request; true when one has come meanwhile.</summary>
    internal bool Rearm() => Complaint is null && ring.Rearm();

    private bool TryTakeExtras(ref NetifExtraInfo gso, ref NetifExtraInfo multicast, out int count)
    {
        NetifExtraInfo extra;
        count = 0;
        do
        {
            if (count == (int)NetifExtraType.MulticastDelete || !ring.TryTake(out NetifTxRequest slot))
            {
                return Refuse("a packet's extras are missing or too many");
            }

            count++;
            extra = MemoryMarshal.Read<NetifExtraInfo>(MemoryMarshal.AsBytes(new ReadOnlySpan<NetifTxRequest>(in slot)));
            switch (extra.Type)
            {
                case NetifExtraType.Gso:
                    gso = extra;
                    break;
                case NetifExtraType.MulticastAdd or NetifExtraType.MulticastDelete:
                    multicast = extra;
                    break;
                default:
                    return Refuse($"a packet has an extra of type {(byte)extra.Type}");
            }
        }
        while ((extra.Flags & NetifExtraInfo.More) != 0);
        return true;
    }

    private static bool Apply(in NetifExtraInfo extra, MulticastFilter? multicasts)
    {
        Span<byte> bytes = stackalloc byte[MacAddress.Size];
        MemoryMarshal.Write(bytes, extra.MulticastHigh);
        MemoryMarshal.Write(bytes[4..], extra.MulticastLow);
        MacAddress address = MacAddress.Read(bytes);
        return multicasts is not null
            && (extra.Type == NetifExtraType.MulticastAdd ? multicasts.TryAdd(address) : multicasts.Remove(address));
    }

    private bool TryTakePieces(in NetifTxRequest first, out int count)
    {
        count = 0;
        bool more = (first.Flags & NetifTxFlags.MoreData) != 0;
        while (more)
        {
            if (count == NetifLimits.FatalSlots - 1 || !ring.TryTake(out _pieces[count]))
            {
                return Refuse("a packet's pieces are missing or too many");
            }

            more = (_pieces[count++].Flags & NetifTxFlags.MoreData) != 0;
        }

        return true;
    }

    /// <summary>Copies the pieces one behind the other; the first piece's own length is what the others leave of the whole.</summary>
    private bool TryGather(in NetifTxRequest first, int count, Span<byte> room, out int length)
    {
        int others = 0;
        for (int i = 0; i < count; i++)
        {
            others += _pieces[i].Size;
        }

        length = first.Size;
        int own = first.Size - others;
        if (own <= 0 || length > room.Length)
        {
            return false;
        }

        bool isGood = TryCopy(in first, room[..own]);
        int at = own;
        for (int i = 0; i < count && isGood; i++)
        {
            isGood = TryCopy(in _pieces[i], room.Slice(at, _pieces[i].Size));
            at += _pieces[i].Size;
        }

        return isGood;
    }

    private bool TryCopy(in NetifTxRequest piece, Span<byte> room) =>
        piece.Offset <= PhysicalAddress.PageSize && room.Length <= PhysicalAddress.PageSize - piece.Offset
        && grants.TryCopyFrom(piece.Grant, piece.Offset, room);

    /// <summary>Reads the checksum's and the segmentation's state out of the flags.</summary>
    private static bool TryDescribe(Frame frame, int length, in NetifTxRequest first, in NetifExtraInfo gso)
    {
        frame.SetLength(length);
        bool isBlank = (first.Flags & NetifTxFlags.ChecksumBlank) != 0;
        if (gso.Type == NetifExtraType.None && !isBlank)
        {
            ChecksumState state = (first.Flags & NetifTxFlags.DataValidated) != 0 ? ChecksumState.Verified : ChecksumState.Unknown;
            frame.Offload = new FrameOffload(SegmentKind.None, 0, state, 0, 0);
            return true;
        }

        if (!ChecksumCompletion.TryDescribe(frame, out FrameOffload offload))
        {
            return false;
        }

        if (gso.Type != NetifExtraType.None)
        {
            SegmentKind kind = gso.GsoType switch
            {
                NetifGsoType.TcpV4 => SegmentKind.Tcp4,
                NetifGsoType.TcpV6 => SegmentKind.Tcp6,
                _ => SegmentKind.None,
            };
            if (gso.GsoSize == 0 || kind == SegmentKind.None)
            {
                return false;
            }

            offload = offload with { Kind = kind, SegmentSize = gso.GsoSize };
        }

        frame.Offload = offload;
        return true;
    }

    private void Answer(in NetifTxRequest first, int extras, int count, short status)
    {
        ring.Put(new NetifTxResponse { Id = first.Id, Status = status });
        for (int i = 0; i < extras; i++)
        {
            ring.Put(new NetifTxResponse { Status = NetifStatus.Null });
        }

        for (int i = 0; i < count; i++)
        {
            ring.Put(new NetifTxResponse { Id = _pieces[i].Id, Status = status });
        }
    }

    private bool Refuse(string complaint)
    {
        Complaint = complaint;
        return false;
    }
}
