// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using System.Text;
using Domovoi.Hypervisor.Frames;
using Domovoi.KernelImages;
using Domovoi.KernelImages.Elf;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>Fills a new domain's memory: kernel, ramdisk, p2m list, start_info, shared_info and page tables.</summary>
/// <remarks>
/// The order is that of Xen's toolstack (xg_dom_core.c). The frame table must be new: its frames read as zero, and pages
/// that stay zero are never touched. Example: Debian's kernel in 4 GiB writes 31 MiB of kernel and 8 MiB of p2m list.
/// </remarks>
public sealed class PvLoader
{
    private readonly FrameTable _table;
    private readonly GuestMemory _memory;
    private readonly PvBootRequest _request;
    private readonly PvKernel _kernel;
    private readonly PvLayout _layout;
    private readonly ulong[] _frames;

    private PvLoader(FrameTable table, PvBootRequest request, byte[] commandLine)
    {
        _table = table;
        _memory = table.Memory;
        _request = request;
        _kernel = PvKernel.From(request.Kernel);
        _layout = PvLayout.Plan(_kernel, (ulong)(request.Ramdisk?.Length ?? 0), request.Pages);
        _frames = new ulong[_layout.UsedPages];
        CommandLine = commandLine;
    }

    private byte[] CommandLine { get; }

    /// <exception cref="KernelImageException">The kernel cannot run in a PV domain.</exception>
    /// <exception cref="DomainBuildException">The request cannot be met.</exception>
    public static PvBootState Load(FrameTable table, PvBootRequest request)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(request);
        PvLoader loader = new(table, request, EncodeCommandLine(request.CommandLine));
        return loader.Run();
    }

    private static byte[] EncodeCommandLine(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length < StartInfo.CommandLineSize && !bytes.Contains((byte)0)
            ? bytes
            : throw new DomainBuildException(
                "command-line-too-long",
                $"The kernel's command line has {bytes.Length} bytes; at most {StartInfo.CommandLineSize - 1}, none of them " +
                "zero, were expected.",
                "Shorten 'extra' or 'root'.");
    }

    private PvBootState Run()
    {
        AllocateMemory();
        LoadImages();
        new PageTableWriter(_memory, _layout, _frames).Write();
        WriteStartInfo();
        WriteSharedInfo();
        if (_kernel.HypercallPage is { } page)
        {
            HypercallPage.Fill(_memory.Frame(FrameOf((page - _kernel.VirtualBase) / PhysicalAddress.PageSize).Value));
        }

        return new PvBootState
        {
            Layout = _layout,
            Entry = _kernel.Entry,
            StackPointer = _layout.AddressOf(_layout.BootStack + 1),
            StartInfoAddress = _layout.AddressOf(_layout.StartInfo),
            Root = FrameOf(_layout.PageTables.First),
            Console = FrameOf(_layout.Console),
            Xenstore = FrameOf(_layout.Xenstore),
        };
    }

    private Mfn FrameOf(ulong page) => new(_frames[page]);

    /// <summary>Allocates all pages in order and writes the p2m list, which starts in a page that is among the first.</summary>
    private void AllocateMemory()
    {
        const int WordsPerPage = PhysicalAddress.PageSize / sizeof(ulong);
        ulong used = _layout.UsedPages;
        _table.MachineToPhysical.Populate(new Mfn(_table.Layout.FirstRamFrame), _request.Pages);
        GuestRam.Allocate(_table, 0, _frames);
        ReadOnlySpan<ulong> lists = _frames.AsSpan((int)_layout.P2m.First, (int)_layout.P2m.Count);
        GuestRam.Populate(_table, lists);
        GuestRam.Populate(_table, _frames.AsSpan((int)_layout.PageTables.First, (int)_layout.PageTables.Count));
        for (ulong first = 0; first < _request.Pages; first += WordsPerPage)
        {
            Span<ulong> list = _memory.FrameWords(lists[(int)(first / WordsPerPage)]);
            int count = (int)Math.Min(WordsPerPage, _request.Pages - first);
            int known = (int)Math.Min((ulong)count, used - Math.Min(first, used));
            _frames.AsSpan((int)Math.Min(first, used), known).CopyTo(list);
            GuestRam.Allocate(_table, first + (ulong)known, list[known..count]);
            list[count..].Fill(ulong.MaxValue);
        }
    }

    private void LoadImages()
    {
        GuestImageWriter writer = new(_table, _frames);
        foreach (LoadSegment segment in _request.Kernel.Segments)
        {
            writer.Load(_request.Kernel.Source, segment.FileOffset, segment.FileSize, _kernel.PseudoPhysical(segment));
        }

        if (_request.Ramdisk is { } ramdisk)
        {
            writer.Load(ramdisk, 0, ramdisk.Length, _layout.Ramdisk.First * PhysicalAddress.PageSize);
        }
    }

    private void WriteStartInfo()
    {
        StartInfo info = new()
        {
            PageCount = _request.Pages,
            SharedInfo = PhysicalAddress.OfFrame(_request.SharedInfo.Value).Value,
            Flags = StartInfoFlags.VirtualP2mForTools,
            StoreMfn = FrameOf(_layout.Xenstore).Value,
            StoreEventChannel = _request.XenstorePort.Value,
            ConsoleMfn = FrameOf(_layout.Console).Value,
            ConsoleEventChannel = _request.ConsolePort.Value,
            PageTableBase = _layout.AddressOf(_layout.PageTables.First),
            PageTableFrames = _layout.PageTables.Count,
            FrameList = _layout.P2mAddress,
        };
        Encoding.ASCII.GetBytes(StartInfo.MagicText).CopyTo(info.Magic);
        CommandLine.CopyTo(info.CommandLine);
        if (_layout.P2mIsApart)
        {
            info.FirstP2mPfn = _layout.P2m.First;
            info.P2mFrameCount = _layout.P2m.Count;
        }

        if (_layout.Ramdisk.Count != 0)
        {
            info.ModuleStart = _layout.RamdiskIsMapped ? _layout.AddressOf(_layout.Ramdisk.First) : _layout.Ramdisk.First;
            info.ModuleLength = (ulong)_request.Ramdisk!.Length;
            info.Flags |= _layout.RamdiskIsMapped ? StartInfoFlags.None : StartInfoFlags.ModuleStartIsPfn;
        }

        MemoryMarshal.Write(_memory.Frame(FrameOf(_layout.StartInfo).Value), in info);
    }

    /// <summary>All zero, but that no vCPU takes events yet.</summary>
    private void WriteSharedInfo()
    {
        Span<byte> page = _memory.Frame(_request.SharedInfo.Value);
        for (int vcpu = 0; vcpu < SharedInfo.LegacyVcpus; vcpu++)
        {
            page[SharedInfo.VcpuInfo + (vcpu * VcpuInfo.Size) + VcpuInfo.UpcallMask] = 1;
        }
    }
}
