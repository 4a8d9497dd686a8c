// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Domovoi.Backends.Xenbus;
using Domovoi.Hypervisor.Grants;
using Domovoi.Linux;
using Domovoi.Memory;
using Domovoi.Storage;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Disks;

/// <summary>Carries out one request at a time: checks the copy of it, pins the guest's pages, and has the image read or written.</summary>
/// <remarks>Belongs to one worker. Everything in a request is the guest's word: counts, sectors and grants are checked before use.</remarks>
internal sealed class BlockTransfer
{
    internal const int SectorBytes = 512;

    /// <summary><c>feature-max-indirect-segments</c>: 1 MiB a request.</summary>
    internal const int MostSegments = 256;

    private const int SegmentsPerPage = PhysicalAddress.PageSize / BlockSegment.Size;
    private const int SectorsPerPage = PhysicalAddress.PageSize / SectorBytes;

    private readonly BlockDevice _device;
    private readonly ServedDomain _domain;
    private readonly PersistentGrants? _persistent;
    private readonly Action _beforeWaiting;
    private readonly CancellationToken _stopping;
    private readonly BlockSegment[] _segments = new BlockSegment[MostSegments];
    private readonly IoVector[] _vectors = new IoVector[MostSegments];
    private readonly Mfn[] _frames = new Mfn[MostSegments];
    private readonly GrantRef[] _pinned = new GrantRef[MostSegments];
    private int _pinnedCount;

    /// <param name="device">Whose requests these are.</param>
    /// <param name="domain">Whose guest.</param>
    /// <param name="persistent">The grants its front end uses again, or null.</param>
    /// <param name="beforeWaiting">Called before a request waits for a device, perhaps more than once.</param>
    /// <param name="stopping">Cancelled when the device goes.</param>
    internal BlockTransfer(
        BlockDevice device, ServedDomain domain, PersistentGrants? persistent, Action beforeWaiting, CancellationToken stopping)
    {
        _beforeWaiting = beforeWaiting;
        _device = device;
        _domain = domain;
        _persistent = persistent;
        _stopping = stopping;
    }

    internal BlockStatus CarryOut(in BlockRequest request)
    {
        IDisk? disk = _device.Tray.Use();
        if (disk is null)
        {
            return BlockStatus.Error;                       // an empty drive
        }

        try
        {
            return request.Operation switch
            {
                BlockOperation.Read or BlockOperation.Write or BlockOperation.WriteBarrier => Direct(disk, in request),
                BlockOperation.Indirect => Indirect(disk, in request),
                BlockOperation.FlushDiskCache => Flush(disk),
                BlockOperation.Discard => Discard(disk, request.Sector, request.SectorCount),
                _ => BlockStatus.NotSupported,
            };
        }
        finally
        {
            _device.Tray.Release();
        }
    }

    private BlockStatus Direct(IDisk disk, in BlockRequest request)
    {
        int count = request.SegmentCount;
        if (count > BlockRequest.DirectSegments)
        {
            return BlockStatus.Error;
        }

        ReadOnlySpan<BlockSegment> segments = request.Segments;
        segments[..count].CopyTo(_segments);
        if (request.Operation != BlockOperation.WriteBarrier)
        {
            return Transfer(disk, request.Operation == BlockOperation.Write, request.Sector, count);
        }

        BlockStatus status = Flush(disk);
        if (status == BlockStatus.Okay && count > 0)
        {
            status = Transfer(disk, isWrite: true, request.Sector, count);
            status = status == BlockStatus.Okay ? Flush(disk) : status;
        }

        return status;
    }

    private BlockStatus Indirect(IDisk disk, in BlockRequest request)
    {
        int count = request.IndirectSegmentCount;
        if (request.IndirectOperation is not (BlockOperation.Read or BlockOperation.Write) || count > MostSegments)
        {
            return BlockStatus.Error;
        }

        for (int first = 0; first < count; first += SegmentsPerPage)
        {
            Span<BlockSegment> page = _segments.AsSpan(first, Math.Min(SegmentsPerPage, count - first));
            GrantRef grant = request.IndirectGrants[first / SegmentsPerPage];
            if (!TryCopyFrom(grant, MemoryMarshal.AsBytes(page)))
            {
                return BlockStatus.Error;
            }
        }

        return Transfer(disk, request.IndirectOperation == BlockOperation.Write, request.Sector, count);
    }

    private BlockStatus Transfer(IDisk disk, bool isWrite, ulong sector, int count)
    {
        if (count == 0 || (isWrite && _device.IsReadOnly) || !TryMeasure(count, out uint sectors) || !IsInside(disk, sector, sectors))
        {
            return BlockStatus.Error;
        }

        try
        {
            if (!TryPin(count, isWrite, out int vectors))
            {
                return BlockStatus.Error;
            }

            _device.Counters.Count(isWrite, sectors);
            BlockStatus status = Attempt(disk, isWrite ? DiskWork.Write : DiskWork.Read, (long)sector * SectorBytes, vectors);
            if (!isWrite)
            {
                ReportWrites(count);
            }

            return status;
        }
        finally
        {
            Unpin(isWrite);
        }
    }

    /// <summary>Adds the segments up; false when one of them is none.</summary>
    private bool TryMeasure(int count, out uint sectors)
    {
        sectors = 0;
        foreach (ref readonly BlockSegment segment in _segments.AsSpan(0, count))
        {
            if (segment.FirstSector > segment.LastSector || segment.LastSector >= SectorsPerPage)
            {
                return false;
            }

            sectors += (uint)(segment.LastSector - segment.FirstSector + 1);
        }

        return true;
    }

    private bool IsInside(IDisk disk, ulong sector, ulong count)
    {
        ulong capacity = (ulong)disk.Length / SectorBytes;
        ulong unit = (ulong)(_device.SectorSize / SectorBytes);
        return sector <= capacity && count <= capacity - sector && sector % unit == 0 && count % unit == 0;
    }

    /// <summary>Pins the pages of all segments and joins those that lie behind one another.</summary>
    private bool TryPin(int count, bool isWrite, out int vectors)
    {
        vectors = 0;
        ReadOnlySpan<BlockSegment> segments = _segments.AsSpan(0, count);
        Span<Mfn> frames = _frames.AsSpan(0, count);
        for (int index = 0; index < count; index++)
        {
            _pinned[index] = segments[index].Grant;
        }

        if (_persistent?.TryFind(_pinned.AsSpan(0, count), frames) != true)
        {
            if (!_domain.Grants.TryPin(_pinned.AsSpan(0, count), readOnly: isWrite, frames))
            {
                return false;
            }

            _pinnedCount = count;
        }

        for (int index = 0; index < count; index++)
        {
            ref readonly BlockSegment segment = ref segments[index];
            IoVector vector = _domain.Memory.Vector(
                frames[index].Value,
                segment.FirstSector * SectorBytes,
                (segment.LastSector - segment.FirstSector + 1) * SectorBytes);
            if (vectors > 0 && _vectors[vectors - 1].Address + _vectors[vectors - 1].Length == vector.Address)
            {
                _vectors[vectors - 1] = _vectors[vectors - 1] with { Length = _vectors[vectors - 1].Length + vector.Length };
            }
            else
            {
                _vectors[vectors++] = vector;
            }
        }

        return true;
    }

    private void Unpin(bool isWrite)
    {
        _domain.Grants.Unpin(_pinned.AsSpan(0, _pinnedCount), readOnly: isWrite);
        _pinnedCount = 0;
    }

    /// <summary>Code that was read from the disk over code the guest has run.</summary>
    private void ReportWrites(int count)
    {
        foreach (Mfn frame in _frames.AsSpan(0, count))
        {
            _domain.Memory.ReportCodeWrites(PhysicalAddress.OfFrame(frame.Value), PhysicalAddress.PageSize);
        }
    }

    private bool TryCopyFrom(GrantRef grant, Span<byte> destination)
    {
        if (_persistent?.Find(grant) is { } page)
        {
            return _domain.Memory.TryRead(page.Address, destination);
        }

        return _domain.Grants.TryCopyFrom(grant, 0, destination);
    }

    private BlockStatus Flush(IDisk disk) => _device.IsReadOnly ? BlockStatus.Okay : Attempt(disk, DiskWork.Flush, 0, 0);

    private BlockStatus Discard(IDisk disk, ulong sector, ulong count)
    {
        if (_device.IsReadOnly || !disk.CanDiscard)
        {
            return BlockStatus.NotSupported;
        }

        if (count == 0 || !IsInside(disk, sector, count))
        {
            return BlockStatus.Error;
        }

        _beforeWaiting();
        int error = disk.Discard((long)sector * SectorBytes, (long)count * SectorBytes);
        return error == 0 ? BlockStatus.Okay : ImageFile.IsUnsupported(error) ? BlockStatus.NotSupported : BlockStatus.Error;
    }

    /// <summary>Does it, and again as long as the policy for the host's errors says so.</summary>
    private BlockStatus Attempt(IDisk disk, DiskWork work, long offset, int vectors)
    {
        if ((work == DiskWork.Read && disk.ReadNow(offset, _vectors.AsSpan(0, vectors)) == 0) ||
            (work == DiskWork.Write && disk.WriteNow(offset, _vectors.AsSpan(0, vectors)) == 0))
        {
            return BlockStatus.Okay;
        }

        _beforeWaiting();
        while (true)
        {
            int error = work switch
            {
                DiskWork.Read => disk.Read(offset, _vectors.AsSpan(0, vectors)),
                DiskWork.Write => disk.Write(offset, _vectors.AsSpan(0, vectors)),
                _ => disk.Flush(),
            };
            if (error == 0)
            {
                return BlockStatus.Okay;
            }

            string failure = $"{work} at byte {offset} of {_device.Settings.Target}: {LinuxException.TextOf(error)}";
            bool again = _device.Trouble(_device.Settings.Name, failure, _stopping);
            if (!again || work == DiskWork.Flush)           // a flush that failed once may have lost what a second would not miss
            {
                return BlockStatus.Error;
            }
        }
    }

    private enum DiskWork
    {
        Read,
        Write,
        Flush,
    }
}
