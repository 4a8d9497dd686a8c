// SPDX-License-Identifier: MIT
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Domovoi.Linux;

namespace Domovoi.Memory;

/// <summary>All memory of one machine, in one memfd. The only type that turns a guest address into a host pointer.</summary>
/// <remarks>
/// The file is contiguous: machine frame n lies at n * 4096, so snapshots, clones and other processes can map it.
/// Frames that hold translated code are marked; writes made through this class tell the observer about them.
/// Thread safe: guest memory is shared memory, with the host processor's own ordering.
/// </remarks>
public sealed unsafe class GuestMemory : IDisposable
{
    private const ulong FramesOfHugePage = MemoryMapping.HugePageSize / PhysicalAddress.PageSize;

    private readonly byte* _start;
    private readonly byte* _holdsCode;
    private readonly bool[] _huge;
    private readonly int _file;
    private ICodeWriteObserver? _observer;

    /// <summary>Reserves memory for <paramref name="frameCount"/> frames; pages take host memory when first touched.</summary>
    public GuestMemory(ulong frameCount)
    {
        FrameCount = frameCount;
        Length = frameCount << PhysicalAddress.PageShift;
        _file = MemoryMapping.CreateMemoryFile("domovoi-guest", Length);
        _start = (byte*)MemoryMapping.MapFileForHugePages(_file, (nuint)Length, PageProtection.Read | PageProtection.Write);
        _huge = new bool[Length / MemoryMapping.HugePageSize];
        _holdsCode = (byte*)MemoryMapping.MapAnonymous((nuint)frameCount, PageProtection.Read | PageProtection.Write);
    }

    /// <summary>Frames in this machine's address space.</summary>
    public ulong FrameCount { get; }

    /// <summary>Bytes in this machine's address space.</summary>
    public ulong Length { get; }

    /// <summary>Where machine address 0 lies in this process. For the CPU engine only.</summary>
    public nint HostBase => (nint)_start;

    /// <summary>Where the marks of code frames lie, one byte each. For the CPU engine only.</summary>
    public nint CodeMarks => (nint)_holdsCode;

    /// <summary>Whether a frame index lies inside the machine.</summary>
    public bool Contains(ulong frame) => frame < FrameCount;

    /// <summary>Registers the one engine that must learn of writes to code frames.</summary>
    public void ObserveCodeWrites(ICodeWriteObserver observer) => _observer = observer;

    /// <summary>Whether the engine has translated code from this frame.</summary>
    public bool HoldsCode(ulong frame) => frame < FrameCount && _holdsCode[frame] != 0;

    /// <summary>Marks or unmarks a frame as holding translated code. For the CPU engine only.</summary>
    public void SetHoldsCode(ulong frame, bool value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(frame, FrameCount);
        Volatile.Write(ref _holdsCode[frame], value ? (byte)1 : (byte)0);
    }

    /// <summary>Copies a value out of the guest.</summary>
    /// <remarks>The guest can rewrite the original at any moment: validate the copy, and never read twice.</remarks>
    public bool TryRead<T>(PhysicalAddress address, out T value)
        where T : unmanaged
    {
        if (!InRange(address, (ulong)sizeof(T)))
        {
            value = default;
            return false;
        }

        // SAFETY: in range by the check above; the mapping outlives every vCPU and backend thread.
        value = Unsafe.ReadUnaligned<T>(_start + address.Value);
        return true;
    }

    /// <summary>Copies bytes out of the guest.</summary>
    public bool TryRead(PhysicalAddress address, Span<byte> destination)
    {
        if (!InRange(address, (ulong)destination.Length))
        {
            return false;
        }

        // SAFETY: as above.
        new ReadOnlySpan<byte>(_start + address.Value, destination.Length).CopyTo(destination);
        return true;
    }

    /// <summary>Copies a value into the guest.</summary>
    public bool TryWrite<T>(PhysicalAddress address, in T value)
        where T : unmanaged
    {
        if (!InRange(address, (ulong)sizeof(T)))
        {
            return false;
        }

        // SAFETY: as above.
        Unsafe.WriteUnaligned(_start + address.Value, value);
        ReportCodeWrites(address, (ulong)sizeof(T));
        return true;
    }

    /// <summary>Copies bytes into the guest.</summary>
    public bool TryWrite(PhysicalAddress address, ReadOnlySpan<byte> source)
    {
        if (!InRange(address, (ulong)source.Length))
        {
            return false;
        }

        // SAFETY: as above.
        source.CopyTo(new Span<byte>(_start + address.Value, source.Length));
        ReportCodeWrites(address, (ulong)source.Length);
        return true;
    }

    /// <summary>A naturally aligned word of the guest's memory, for atomic access to state that guest and hypervisor share.</summary>
    /// <remarks>The address must be in range and aligned; use on frames the hypervisor owns or has checked. Not reported as a code write.</remarks>
    public ref T Shared<T>(PhysicalAddress address)
        where T : unmanaged
    {
        if (!InRange(address, (ulong)sizeof(T)) || (address.Value & (ulong)(sizeof(T) - 1)) != 0)
        {
            ThrowOutOfRange(address);
        }

        // SAFETY: in range and aligned by the check above.
        return ref Unsafe.AsRef<T>(_start + address.Value);
    }

    /// <summary>The word that <see cref="Shared"/> gives, to be kept.</summary>
    public SharedWord<T> SharedWord<T>(PhysicalAddress address)
        where T : unmanaged => new((T*)Unsafe.AsPointer(ref Shared<T>(address)));

    /// <summary>Bytes of one frame as the host's kernel reads or writes them, for a disk or a network.</summary>
    /// <remarks>Writes through it are not seen: tell them with <see cref="ReportCodeWrites"/> when they are done.</remarks>
    public IoVector Vector(ulong frame, int offset, int length)
    {
        if (frame >= FrameCount || (uint)offset > PhysicalAddress.PageSize || (uint)length > PhysicalAddress.PageSize - (uint)offset)
        {
            ThrowOutOfRange(PhysicalAddress.OfFrame(frame) + (ulong)offset);
        }

        // SAFETY: in range by the check above; the mapping outlives every backend thread.
        return new IoVector((nint)(_start + (frame << PhysicalAddress.PageShift) + offset), length);
    }

    /// <summary>One whole frame, for the hypervisor's own structures and bulk work. The guest may change it while it is read.</summary>
    public Span<byte> Frame(ulong frame)
    {
        if (frame >= FrameCount)
        {
            ThrowOutOfRange(PhysicalAddress.OfFrame(frame));
        }

        // SAFETY: in range by the check above.
        return new Span<byte>(_start + (frame << PhysicalAddress.PageShift), PhysicalAddress.PageSize);
    }

    /// <summary>One whole frame seen as 512 page-table entries or other 64-bit words.</summary>
    public Span<ulong> FrameWords(ulong frame) => MemoryMarshal.Cast<byte, ulong>(Frame(frame));

    /// <summary>Gives frames that are about to be written their host memory at once: a page fault each costs several times the copy.</summary>
    public void Populate(ulong firstFrame, ulong count)
    {
        if (firstFrame > FrameCount || count > FrameCount - firstFrame)
        {
            ThrowOutOfRange(PhysicalAddress.OfFrame(firstFrame));
        }

        // SAFETY: in range by the check above.
        MemoryMapping.Populate(
            (nint)(_start + (firstFrame << PhysicalAddress.PageShift)), (nuint)(count << PhysicalAddress.PageShift));
    }

    /// <summary>Puts each 2 MiB of which all is in use in a huge page of the host: no memory is added, and the host's own TLB reaches further.</summary>
    /// <param name="most">How many regions at most.</param>
    /// <returns>How many were moved; -1 when the host cannot at all.</returns>
    /// <remarks>One thread at a time; vCPUs and back ends may run, and wait where they touch what is being moved.</remarks>
    public int CollapseWhatIsWhollyInUse(int most)
    {
        int moved = 0;
        for (int i = 0; i < _huge.Length && moved < most; i++)
        {
            nint page = (nint)_start + ((nint)i * MemoryMapping.HugePageSize);
            if (Volatile.Read(ref _huge[i]) || !MemoryMapping.IsWhollyInUse(page))
            {
                continue;
            }

            Volatile.Write(ref _huge[i], true);               // before, as a frame may be given back meanwhile
            CollapseOutcome outcome = MemoryMapping.Collapse(page);
            if (outcome == CollapseOutcome.Never)
            {
                return -1;
            }

            _huge[i] &= outcome == CollapseOutcome.Done;
            moved += outcome == CollapseOutcome.Done ? 1 : 0;
        }

        return moved;
    }

    /// <summary>Gives a frame's memory back to the host; it reads as zero afterwards.</summary>
    public void Discard(ulong frame)
    {
        _ = Frame(frame);
        if (frame / FramesOfHugePage < (ulong)_huge.Length)
        {
            _huge[frame / FramesOfHugePage] = false;
        }

        MemoryMapping.Discard((nint)(_start + (frame << PhysicalAddress.PageShift)), PhysicalAddress.PageSize);
        ReportCodeWrites(PhysicalAddress.OfFrame(frame), PhysicalAddress.PageSize);
    }

    /// <summary>Tells the engine that bytes were changed behind its back, for writers that used <see cref="Shared"/> or <see cref="Frame"/>.</summary>
    public void ReportCodeWrites(PhysicalAddress address, ulong length)
    {
        if (length == 0)
        {
            return;
        }

        ulong last = (address.Value + length - 1) >> PhysicalAddress.PageShift;
        for (ulong frame = address.Frame; frame <= last; frame++)
        {
            if (_holdsCode[frame] != 0)
            {
                _observer?.CodeFrameWritten(frame);
            }
        }
    }

    public void Dispose()
    {
        MemoryMapping.Unmap((nint)_start, (nuint)Length);
        MemoryMapping.Unmap((nint)_holdsCode, (nuint)FrameCount);
        MemoryMapping.CloseFile(_file);
    }

    private bool InRange(PhysicalAddress address, ulong length) =>
        address.Value <= Length && Length - address.Value >= length;

    [DoesNotReturn]
    private void ThrowOutOfRange(PhysicalAddress address) =>
        throw new ArgumentOutOfRangeException(nameof(address), $"{address} is not an aligned address below 0x{Length:x}.");
}
