// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Frames;

/// <summary>The machine-to-physical table: one word per machine frame, which the guest reads at <see cref="GuestAddress"/>.</summary>
/// <remarks>
/// Lives in frames of the hypervisor's own, mapped by page tables of its own that serve the reserved slots of every
/// address space. A page of it comes into being with its first entry; until then the guest faults on it, which Xen's
/// guests expect. Guarded by <see cref="FrameTable.Gate"/>.
/// </remarks>
public sealed class MachineToPhysical
{
    /// <summary><c>HYPERVISOR_VIRT_START</c>, <c>MACH2PHYS_VIRT_START</c>: slot 256 of the top-level table.</summary>
    public const ulong GuestAddress = 0xFFFF_8000_0000_0000;

    /// <summary>First top-level slot that belongs to the hypervisor.</summary>
    public const int FirstReservedSlot = 256;

    /// <summary>Last such slot.</summary>
    public const int LastReservedSlot = 271;

    /// <summary><c>INVALID_M2P_ENTRY</c></summary>
    public const ulong InvalidEntry = ulong.MaxValue;

    private const int WordsPerFrame = 512;
    private const ulong TableFlags = PageTableEntry.Present | PageTableEntry.Accessed;
    private const ulong LeafFlags = TableFlags | PageTableEntry.NoExecute;

    private readonly GuestMemory _memory;
    private readonly ulong _firstPage;
    private readonly ulong _pageCount;
    private readonly ulong _firstLeafTable;

    internal MachineToPhysical(GuestMemory memory, ulong firstFrame, ulong entryCount)
    {
        _memory = memory;
        EntryCount = entryCount;
        _firstPage = firstFrame;
        _pageCount = (entryCount + WordsPerFrame - 1) / WordsPerFrame;
        _firstLeafTable = _firstPage + _pageCount;
        ulong leafTables = (_pageCount + WordsPerFrame - 1) / WordsPerFrame;
        ulong directories = (leafTables + WordsPerFrame - 1) / WordsPerFrame;
        ulong firstDirectory = _firstLeafTable + leafTables;
        ulong third = firstDirectory + directories;
        Root = new Mfn(third + 1);
        memory.FrameWords(Root.Value)[FirstReservedSlot] = PageTableEntry.Of(third, TableFlags).Value;
        Link(third, firstDirectory, directories);
        Link(firstDirectory, _firstLeafTable, leafTables);
    }

    /// <summary>The top-level table for the reserved slots: <see cref="Domovoi.Cpu.Mmu.PagingPolicy.ReservedRoot"/>.</summary>
    public Mfn Root { get; }

    /// <summary>The first of the frames that hold the table, one behind the other.</summary>
    public Mfn FirstPage => new(_firstPage);

    /// <summary>Frames that hold the table, once all are in use.</summary>
    public ulong PageCount => _pageCount;

    /// <summary>Words in the table.</summary>
    public ulong EntryCount { get; }

    /// <summary>The guest's frame number of a machine frame, or <see cref="InvalidEntry"/>.</summary>
    public ulong this[Mfn frame]
    {
        get
        {
            ulong page = frame.Value / WordsPerFrame;
            return page < _pageCount && IsPresent(page)
                ? _memory.FrameWords(_firstPage + page)[(int)(frame.Value % WordsPerFrame)]
                : InvalidEntry;
        }

        internal set
        {
            ulong page = frame.Value / WordsPerFrame;
            if (!IsPresent(page))
            {
                _memory.FrameWords(_firstPage + page).Fill(InvalidEntry);
                LeafEntry(page) = PageTableEntry.Of(_firstPage + page, LeafFlags).Value;
            }

            _memory.FrameWords(_firstPage + page)[(int)(frame.Value % WordsPerFrame)] = value;
        }
    }

    /// <summary>Enters consecutive pages for consecutive frames.</summary>
    internal void SetRun(Mfn firstFrame, Pfn firstPage, ulong count)
    {
        for (ulong done = 0; done < count;)
        {
            Mfn frame = new(firstFrame.Value + done);
            this[frame] = firstPage.Value + done;               // brings the page of the table into being
            int start = (int)(frame.Value % WordsPerFrame);
            int length = (int)Math.Min((ulong)(WordsPerFrame - start), count - done);
            Span<ulong> words = _memory.FrameWords(_firstPage + (frame.Value / WordsPerFrame)).Slice(start, length);
            for (int i = 0; i < words.Length; i++)
            {
                words[i] = firstPage.Value + done + (ulong)i;
            }

            done += (ulong)length;
        }
    }

    /// <summary>Gives host memory to the table's pages for frames that are about to be entered.</summary>
    internal void Populate(Mfn firstFrame, ulong count)
    {
        ulong first = firstFrame.Value / WordsPerFrame;
        ulong last = (firstFrame.Value + Math.Max(count, 1) - 1) / WordsPerFrame;
        _memory.Populate(_firstPage + first, last - first + 1);
    }

    private bool IsPresent(ulong page) => new PageTableEntry(LeafEntry(page)).IsPresent;

    private ref ulong LeafEntry(ulong page) =>
        ref _memory.FrameWords(_firstLeafTable + (page / WordsPerFrame))[(int)(page % WordsPerFrame)];

    private void Link(ulong firstTable, ulong firstTarget, ulong count)
    {
        for (ulong index = 0; index < count; index++)
        {
            _memory.FrameWords(firstTable + (index / WordsPerFrame))[(int)(index % WordsPerFrame)] =
                PageTableEntry.Of(firstTarget + index, TableFlags).Value;
        }
    }
}
