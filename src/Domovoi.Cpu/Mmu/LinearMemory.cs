// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Domovoi.Cpu.State;
using Domovoi.Memory;

namespace Domovoi.Cpu.Mmu;

/// <summary>Guest linear memory as C# sees it: through the same TLB as translated code, and page by page.</summary>
internal sealed unsafe class LinearMemory(GuestMemory memory, PageWalker walker, SoftTlb tlb, Run.Breakpoints breakpoints, Run.RemoteRequests requests)
{
    private const int LargestRecord = 128;

    private readonly PhysicalAddress[] _roots = new PhysicalAddress[2];

    /// <summary>The address space in use.</summary>
    internal CpuMode Mode { get; set; }

    /// <summary>The address that the last failed access faulted at.</summary>
    internal ulong FaultAddress { get; private set; }

    /// <summary>The #PF error code of the last failed access; 0 with a non-canonical address means #GP.</summary>
    internal PageFaultErrorCode Fault { get; private set; }

    internal PhysicalAddress GetRoot(CpuMode mode) => _roots[(int)mode];

    internal void SetRoot(CpuMode mode, PhysicalAddress root) => _roots[(int)mode] = root;

    internal bool TryTranslate(ulong linear, Access access, out PhysicalAddress address, out PageFaultErrorCode fault)
    {
        fault = PageFaultErrorCode.None;
        address = default;
        if (!PageWalker.IsCanonical(linear)
            || !walker.TryWalk(_roots[(int)Mode], linear, access, Mode, out ulong frame, out fault))
        {
            FaultAddress = linear;
            Fault = fault;
            return false;
        }

        address = PhysicalAddress.OfFrame(frame) + (linear & 0xFFF);
        return true;
    }

    /// <summary>The host address of bytes within one page, or 0 with <see cref="Fault"/> set. A page written to enters the write TLB unless it holds code.</summary>
    internal nint HostAddressOf(ulong linear, int size, bool write)
    {
        if (requests.AreDueOutside)
        {
            requests.Settle();                              // nobody waits for a processor that is outside
        }

        nint host = tlb.Probe(Mode, write, linear, size);
        if (host != 0)
        {
            return host;
        }

        if (!TryTranslate(linear, write ? Access.Write : Access.Read, out PhysicalAddress address, out _))
        {
            return 0;
        }

        nint page = memory.HostBase + (nint)(address.Frame << PhysicalAddress.PageShift);
        bool watched = breakpoints.IsActive && breakpoints.Touch(linear, size, write);
        if (!watched && (!write || !memory.HoldsCode(address.Frame)))
        {
            tlb.Insert(Mode, write, linear, page);
        }

        return page + (nint)(linear & 0xFFF);
    }

    /// <summary>The frame behind a host address of guest memory.</summary>
    internal ulong FrameOf(nint host) => (ulong)(host - memory.HostBase) >> PhysicalAddress.PageShift;

    internal bool TryRead(ulong linear, Span<byte> destination)
    {
        if (!EndHasMeaning(linear, destination.Length))
        {
            return false;
        }

        while (!destination.IsEmpty)
        {
            int run = Math.Min(destination.Length, 4096 - (int)(linear & 0xFFF));
            nint host = HostAddressOf(linear, run, write: false);
            if (host == 0)
            {
                return false;
            }

            // SAFETY: HostAddressOf vouches for run bytes in one page.
            Copy(new ReadOnlySpan<byte>((void*)host, run), destination);
            destination = destination[run..];
            linear += (ulong)run;
        }

        return true;
    }

    internal bool TryWrite(ulong linear, ReadOnlySpan<byte> source)
    {
        if (!EndHasMeaning(linear, source.Length))
        {
            return false;
        }

        if (source.Length <= 4096 - (int)(linear & 0xFFF))
        {
            return TryWriteInPage(linear, source);
        }

        ulong at = linear;
        for (int left = source.Length; left > 0;)
        {
            int run = Math.Min(left, 4096 - (int)(at & 0xFFF));
            if (HostAddressOf(at, run, write: true) == 0)
            {
                return false;
            }

            at += (ulong)run;
            left -= run;
        }

        while (!source.IsEmpty)
        {
            int run = Math.Min(source.Length, 4096 - (int)(linear & 0xFFF));
            _ = TryWriteInPage(linear, source[..run]);
            source = source[run..];
            linear += (ulong)run;
        }

        return true;
    }

    private bool TryWriteInPage(ulong linear, ReadOnlySpan<byte> source)
    {
        nint host = HostAddressOf(linear, source.Length, write: true);
        if (host == 0)
        {
            return false;
        }

        // SAFETY: as in TryRead.
        Copy(source, new Span<byte>((void*)host, source.Length));
        NoteWrite(host, source.Length);
        return true;
    }

    /// <summary>
    /// Copies small records word by word: they were pushed a moment ago, and processors hand stored bytes on only to loads that are no wider
    /// than the stores.
    /// </summary>
    private static void Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        if (from.Length > LargestRecord || (from.Length & 7) != 0)
        {
            from.CopyTo(to);
            return;
        }

        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(from);
        Span<ulong> target = MemoryMarshal.Cast<byte, ulong>(to);
        for (int i = 0; i < words.Length; i++)
        {
            target[i] = words[i];
        }
    }

    /// <summary>Whether an access ends at a canonical address; that it does not is found before any page that is missing.</summary>
    internal bool EndHasMeaning(ulong linear, int length)
    {
        ulong last = length == 0 ? linear : linear + (ulong)length - 1;
        if (PageWalker.IsCanonical(last))
        {
            return true;
        }

        (FaultAddress, Fault) = (last, PageFaultErrorCode.None);
        return false;
    }

    /// <summary>Tells about a write made through a host address of guest memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void NoteWrite(nint host, int size)
    {
        if (memory.HoldsCode(FrameOf(host)))
        {
            memory.ReportCodeWrites(new PhysicalAddress((ulong)(host - memory.HostBase)), (ulong)size);
        }
    }
}
