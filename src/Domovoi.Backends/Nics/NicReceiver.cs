// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends.Rings;
using Domovoi.Hypervisor.Grants;
using Domovoi.Memory;
using Domovoi.Network.Frames;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Nics;

/// <summary>Puts frames into the pages of a guest's receive ring. Belongs to whoever holds the vif's gate.</summary>
/// <remarks>
/// Each answer stands in its request's own slot, which Linux relies on. A frame takes a page for every 4096 bytes, and one more
/// slot behind the first for its segmentation, if it has one.
/// </remarks>
internal sealed class NicReceiver(SharedRing ring, GrantTable grants, bool usesSegments)
{
    private const int MostSlots = ((Frame.MaximumLength + PhysicalAddress.PageSize - 1) / PhysicalAddress.PageSize) + 1;

    private int _mostSeen = 1;
    private bool _answered;

    internal string? Complaint => ring.IsBroken ? "the receive ring's indices cannot be" : null;

    /// <summary>Whether the longest frame would fit, or, in a ring that never has that many pages, as much as it ever had.</summary>
    internal bool HasRoom
    {
        get
        {
            int waiting = ring.Waiting;
            _mostSeen = Math.Max(_mostSeen, waiting);
            return waiting >= Math.Min(_mostSeen, MostSlots);
        }
    }

    /// <summary>Copies a frame to the guest.</summary>
    /// <returns>false when there was no room for it.</returns>
    internal bool TryPut(Frame frame)
    {
        ReadOnlySpan<byte> bytes = frame.Bytes;
        FrameOffload offload = frame.Offload;
        int pages = (bytes.Length + PhysicalAddress.PageSize - 1) / PhysicalAddress.PageSize;
        bool isSegmented = offload.Kind != SegmentKind.None;
        if ((pages > 1 && !usesSegments) || ring.Waiting < pages + (isSegmented ? 1 : 0))
        {
            return false;
        }

        _answered = true;
        NetifRxFlags flags = offload.Checksum switch
        {
            ChecksumState.Partial => NetifRxFlags.ChecksumBlank | NetifRxFlags.DataValidated,
            ChecksumState.Verified => NetifRxFlags.DataValidated,
            _ => NetifRxFlags.None,
        };
        bool isGood = true;
        for (int page = 0; page < pages; page++)
        {
            ReadOnlySpan<byte> piece = bytes[(page * PhysicalAddress.PageSize)..];
            piece = piece[..Math.Min(piece.Length, PhysicalAddress.PageSize)];
            ring.TryTake(out NetifRxRequest request);
            isGood = isGood && grants.TryCopyTo(request.Grant, 0, piece);
            ring.Put(new NetifRxResponse
            {
                Id = request.Id,
                Flags = (page == 0 ? flags : 0) | (page == 0 && isSegmented ? NetifRxFlags.ExtraInfo : 0)
                    | (page + 1 < pages ? NetifRxFlags.MoreData : 0),
                Status = isGood ? (short)piece.Length : NetifStatus.Error,
            });
            if (page == 0 && isSegmented)
            {
                PutSegmentation(offload);
            }
        }

        return true;
    }

    /// <summary>Shows the answers; true when the guest wants an event.</summary>
    internal bool Publish()
    {
        bool isNew = _answered;
        _answered = false;
        return isNew && ring.Publish();
    }

    /// <summary>Asks for an event with the next page; true when there is room meanwhile.</summary>
    internal bool RearmFoundRoom()
    {
        ring.Rearm();
        return HasRoom;
    }

    private void PutSegmentation(FrameOffload offload)
    {
        ring.TryTake(out NetifRxRequest _);                 // its page stays with the guest's driver, which finds it by the slot
        NetifExtraInfo extra = new()
        {
            Type = NetifExtraType.Gso,
            GsoSize = offload.SegmentSize,
            GsoType = offload.Kind == SegmentKind.Tcp4 ? NetifGsoType.TcpV4 : NetifGsoType.TcpV6,
        };
        ring.Put(MemoryMarshal.Cast<NetifExtraInfo, NetifRxResponse>(new ReadOnlySpan<NetifExtraInfo>(in extra))[0]);
    }
}
