// SPDX-License-Identifier: MIT
using System.Diagnostics;
using Domovoi.Cpu.CodeCache;
using Domovoi.Cpu.CodeStore;
using Domovoi.Cpu.Decode;
using Domovoi.Cpu.Emit;
using Domovoi.Cpu.Run;
using Domovoi.Cpu.State;
using Domovoi.Cpu.Translate;
using Domovoi.Memory;

namespace Domovoi.Cpu;

/// <summary>Translated code of one processor, which alone uses it.</summary>
/// <remarks>
/// Code is found by (virtual page, frame, mode) and then by RIP. A frame that holds code is marked in guest memory; a write
/// to it retires every code page made from it. When the buffer is full everything is dropped and made anew.
/// </remarks>
public sealed class TranslationCache : IDisposable
{
    private const int Reserve = 64 * 1024;

    /// <summary>Of how many other virtual pages of a frame it is looked whether they have a block.</summary>
    private const int MostLookedAt = 8;

    private readonly CodeBuffer _buffer;
    private readonly nuint _mark;
    private readonly Dictionary<(ulong VirtualPage, ulong Frame, ModeKey Mode), CodePage> _pages = [];
    private readonly Dictionary<ulong, List<CodePage>> _byFrame = [];
    private readonly List<CodePage?> _byId = [null];
    private readonly BlockIndex _blocks;
    private readonly BlockDecoder _decoder = new();
    private readonly BlockTranslator _translator = new();
    private readonly HostAssembler _redirector = new();
    private readonly WatchedFrames _watched;
    private readonly StoredCode? _stored;
    private long _ticks;                                    // spent translating

    /// <param name="store">Where blocks are found that were translated before, and kept.</param>
    public TranslationCache(Processors processors, ulong bufferSize = 128UL << 20, TranslationStore? store = null)
    {
        ArgumentNullException.ThrowIfNull(processors);
        Processors = processors;
        _watched = new WatchedFrames(processors.Memory);
        _buffer = new CodeBuffer((nuint)bufferSize);
        _blocks = new BlockIndex(_buffer.RunStart);
        _stored = store is null ? null : new StoredCode(store, Memory, _buffer);
        HostAssembler assembler = new();
        assembler.Begin(_buffer.NextWrite, _buffer.NextRun);
        Thunks = new Thunks(assembler);
        _buffer.Commit(assembler.Position);
        _mark = _buffer.Used;
        HostFaults.Register(_buffer.RunStart, _buffer.RunStart + (nint)_buffer.Size, Thunks.HostFault);
    }

    /// <summary>The memory this machine's code is translated from.</summary>
    public GuestMemory Memory => Processors.Memory;

    internal Processors Processors { get; }

    /// <summary>Bytes of translated code in use.</summary>
    public ulong BytesUsed => _buffer.Used;

    /// <summary>Blocks translated since the start.</summary>
    public long BlocksTranslated { get; private set; }

    /// <summary>Blocks copied from another virtual page's since the start.</summary>
    public long BlocksCopied { get; private set; }

    /// <summary>Blocks taken from the store since the start.</summary>
    public long BlocksLoaded { get; private set; }

    /// <summary>Guest instructions translated since the start.</summary>
    public long InstructionsTranslated { get; private set; }

    /// <summary>Time spent translating since the start.</summary>
    public TimeSpan TimeTranslating => Stopwatch.GetElapsedTime(0, _ticks);

    /// <summary>The processor that runs this code; told when pages retire.</summary>
    internal VirtualCpu? Processor { get; set; }

    /// <summary>Changes when all code is dropped.</summary>
    internal nuint Epoch { get; private set; }

    internal Thunks Thunks { get; }

    internal CodeBuffer Buffer => _buffer;

    /// <summary>Most instructions in a block; 1 makes every instruction precise.</summary>
    internal int BlockLimit { get; set; } = DecodedBlock.Capacity;

    /// <summary>After how many turns a loop counts as hot.</summary>
    internal int TurnsOfAHotLoop { get; set; } = 16;

    /// <summary>How many contents of a frame are stored.</summary>
    internal int MostStoredContents
    {
        set
        {
            if (_stored is not null)
            {
                _stored.MostContents = value;
            }
        }
    }

    internal CodePage? PageOf(int id) => _byId[id];

    /// <summary>The code page of a virtual page that is a frame now; made when missing.</summary>
    internal CodePage GetPage(ulong virtualPage, ulong frame, ModeKey mode)
    {
        if (_pages.TryGetValue((virtualPage, frame, mode), out CodePage? page))
        {
            return page;
        }

        page = new CodePage(_byId.Count, virtualPage, frame, mode);
        _pages.Add((virtualPage, frame, mode), page);
        _byId.Add(page);
        if (!_byFrame.TryGetValue(frame, out List<CodePage>? sharing))
        {
            _byFrame.Add(frame, sharing = []);
        }

        sharing.Add(page);
        if (Processor is not null)
        {
            _watched.Add(frame, Processors.Watch(frame, Processor));
        }

        return page;
    }

    /// <summary>Translates the block at <paramref name="rip"/>.</summary>
    /// <param name="nextPage">Called for the following page when the first instruction reaches into it; null when that page faults.</param>
    /// <returns>null when <paramref name="nextPage"/> returned null.</returns>
    internal TranslatedBlock? Translate(CodePage page, ulong rip, Func<CodePage?> nextPage) =>
        Translate(page, rip, nextPage, BlockKind.Ordinary);

    /// <summary>Replaces a block that turned out to be a hot loop.</summary>
    internal TranslatedBlock? Repeat(CodePage page, ulong rip, Func<CodePage?> nextPage) =>
        Translate(page, rip, nextPage, BlockKind.Loop);

    /// <summary>The block at <paramref name="rip"/> that checks each access by itself; translated when missing.</summary>
    internal TranslatedBlock? TwinOf(CodePage page, ulong rip, Func<CodePage?> nextPage) =>
        page.TryGetTwin(rip, out TranslatedBlock twin) ? twin : Translate(page, rip, nextPage, BlockKind.Twin);

    private TranslatedBlock? Translate(CodePage page, ulong rip, Func<CodePage?> nextPage, BlockKind kind)
    {
        long start = Stopwatch.GetTimestamp();
        TranslatedBlock? block = TranslateNow(page, rip, nextPage, kind);
        _ticks += Stopwatch.GetTimestamp() - start;
        return block;
    }

    private TranslatedBlock? TranslateNow(CodePage page, ulong rip, Func<CodePage?> nextPage, BlockKind kind)
    {
        if (_buffer.Free >= Reserve && CopyOfAnother(page, rip, kind) is { } copy)
        {
            Keep(page, copy, kind);
            BlocksCopied++;
            return copy;
        }

        if (_buffer.Free < Reserve)
        {
            DropEverything();
            page = GetPage(page.VirtualPage, page.Frame, page.Mode);
            Processor?.CodeDropped(page);
        }

        ReadOnlySpan<byte> bytes = default;
        StoredCode? stored = IsStorable(page) && _stored is not null && _stored.TryTake(page, out bytes) ? _stored : null;
        if (stored?.Load(page, rip, kind) is { } loaded)
        {
            Keep(page, loaded, kind);
            BlocksLoaded++;
            return loaded;
        }

        bytes = stored is null ? Memory.Frame(page.Frame) : bytes;
        int limit = (page.Mode & ModeKey.SingleStep) != 0 ? 1 : BlockLimit;
        DecodedBlock decoded = _decoder.Decode(rip, page.Mode, bytes, default, limit, repeats: kind == BlockKind.Loop);
        CodePage? second = null;
        if (decoded.Count == 0)
        {
            second = nextPage();
            if (second is null)
            {
                return null;
            }

            decoded = _decoder.Decode(rip, page.Mode, bytes, Memory.Frame(second.Frame), 1);
        }

        TranslatedBlock block = _translator.Translate(decoded, page, second, _buffer, Thunks, kind);
        Keep(page, block, kind);
        if (second is null)
        {
            stored?.Add(page, block, kind, _translator.Assembler.Relocations);
        }

        BlocksTranslated++;
        InstructionsTranslated += decoded.Count;
        return block;
    }

    private void Keep(CodePage page, TranslatedBlock block, BlockKind kind)
    {
        if (kind == BlockKind.Twin)
        {
            page.AddTwin(block);
        }
        else
        {
            page.Add(block);
        }

        _blocks.Add(block);
    }

    /// <summary>A block made from one that another virtual page of the same frame has, or null.</summary>
    private TranslatedBlock? CopyOfAnother(CodePage page, ulong rip, BlockKind kind)
    {
        if ((page.Mode & ModeKey.User) == 0 || !_byFrame.TryGetValue(page.Frame, out List<CodePage>? sharing))
        {
            return null;
        }

        int oldest = Math.Max(0, sharing.Count - MostLookedAt);
        for (int i = sharing.Count - 1; i >= oldest; i--)
        {
            CodePage other = sharing[i];
            if (other != page && other.Mode == page.Mode && other.Has(rip - page.VirtualPage + other.VirtualPage, kind) is { Relocations: not null } block)
            {
                return BlockCopier.Copy(block, other, page, _buffer);
            }
        }

        return null;
    }

    /// <summary>Whether blocks are made as they always are, so that others can use them and be used.</summary>
    private bool IsStorable(CodePage page) => BlockLimit == DecodedBlock.Capacity && (page.Mode & ModeKey.SingleStep) == 0;

    /// <summary>The block whose code holds a host address.</summary>
    internal TranslatedBlock BlockAt(nint host) => _blocks.At(host);

    /// <summary>Makes whoever comes to the head of a retired block go on to another block of the same address and mode.</summary>
    internal void Redirect(TranslatedBlock retired, TranslatedBlock block)
    {
        _redirector.Begin(_buffer.ToWrite(retired.CheckedEntry), retired.CheckedEntry);
        _redirector.Jump(block.CheckedEntry);
    }

    /// <summary>Retires code whose bytes changed while other processors could still write to it unseen.</summary>
    internal void RetireChangedFrames()
    {
        if (!_watched.AreAny)
        {
            return;
        }

        foreach (ulong frame in _watched.TakeChanged())
        {
            RetireWritten(frame);
        }
    }

    /// <summary>Drops all code made from a frame that was written to, here and at the other processors.</summary>
    internal void RetireWritten(ulong frame)
    {
        Retire(frame);
        Processors.NoteWritten(frame, Processor);
    }

    /// <summary>Drops a block whose bytes turned out to have changed, with all made from the same frames.</summary>
    internal void RetireBlock(TranslatedBlock block)
    {
        foreach (int id in (ReadOnlySpan<int>)[block.Page, block.SecondPage])
        {
            if (PageOf(id) is { } page)
            {
                RetireWritten(page.Frame);
            }
        }
    }

    /// <summary>Drops all code made from a frame.</summary>
    internal void Retire(ulong frame)
    {
        _stored?.Forget(frame);
        if (!_byFrame.Remove(frame, out List<CodePage>? pages))
        {
            return;
        }

        foreach (CodePage page in pages)
        {
            page.Retire();
            _pages.Remove((page.VirtualPage, page.Frame, page.Mode));
            _byId[page.Id] = null;
            Processor?.ForgetPage(page);
        }
    }

    /// <summary>Writes a line "address size name" in hexadecimal for each block: perf's <c>/tmp/perf-PID.map</c>.</summary>
    /// <remarks>The processor's thread, or nobody's any more. Code that was dropped since is not in it.</remarks>
    public void WriteMap(TextWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteLine(FormattableString.Invariant($"{_buffer.RunStart:x} {_mark:x} domovoi-thunks"));
        foreach (TranslatedBlock block in _blocks.All)
        {
            string mode = PageOf(block.Page)?.Mode switch
            {
                null => "retired",
                ModeKey key when key.Space() == CpuMode.Kernel => "kernel",
                ModeKey key => key.Is64Bit() ? "user" : "user32",
            };
            writer.WriteLine(FormattableString.Invariant($"{block.CheckedEntry:x} {block.End - block.CheckedEntry:x} guest-{mode}-{block.Rip:x}"));
        }
    }

    public void Dispose()
    {
        HostFaults.Unregister(_buffer.RunStart);
        _buffer.Dispose();
    }

    /// <summary>Marks stay: others may have code from the same frames.</summary>
    private void DropEverything()
    {
        foreach (CodePage page in _pages.Values)
        {
            page.Retire();
            _byId[page.Id] = null;
        }

        _pages.Clear();
        _byFrame.Clear();
        _blocks.Clear();
        _buffer.Reset(_mark);
        Epoch++;
    }
}
