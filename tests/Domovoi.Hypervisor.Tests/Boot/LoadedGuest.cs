// SPDX-License-Identifier: MIT
using System.Numerics;
using System.Runtime.InteropServices;
using Domovoi.Hypervisor.Frames;
using Domovoi.KernelImages;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Boot;

/// <summary>A PV guest's memory after loading, seen as its kernel will see it: through the page tables.</summary>
internal sealed class LoadedGuest : IDisposable
{
    private readonly GuestMemory _memory;

    private LoadedGuest(GuestMemory memory, FrameTable frames, PvBootState state, Mfn sharedInfo)
    {
        _memory = memory;
        Frames = frames;
        State = state;
        SharedInfo = sharedInfo;
    }

    public FrameTable Frames { get; }

    public PvBootState State { get; }

    public Mfn SharedInfo { get; }

    public PvLayout Layout => State.Layout;

    public StartInfo StartInfo => MemoryMarshal.Read<StartInfo>(Read(State.StartInfoAddress, StartInfo.Size));

    /// <summary>Loads into scattered machine frames, so that a frame taken for a page fails the test.</summary>
    public static LoadedGuest Load(
        KernelImage kernel, byte[]? ramdisk = null, ulong pages = 16384, string commandLine = "", bool scattered = true)
    {
        ulong room = BitOperations.RoundUpToPowerOf2(pages);         // any odd stride scatters a power of two
        FrameLayout layout = scattered ? new(room, 5000, 12345) : new(room);
        GuestMemory memory = new(layout.TotalFrames);
        FrameTable frames = new(memory, layout);
        Mfn sharedInfo = frames.AllocateXenFrame(FrameOwner.Shared);
        PvBootState state = PvLoader.Load(frames, new PvBootRequest
        {
            Kernel = kernel,
            Ramdisk = ramdisk is null ? null : new MemoryImage(ramdisk),
            CommandLine = commandLine,
            Pages = pages,
            SharedInfo = sharedInfo,
            ConsolePort = new EventPort(2),
            XenstorePort = new EventPort(1),
        });
        return new LoadedGuest(memory, frames, state, sharedInfo);
    }

    /// <summary>The level 1 entry of an address; 0 when a level is missing.</summary>
    public ulong EntryOf(ulong address)
    {
        ulong frame = State.Root.Value;
        ulong entry = 0;
        for (int level = 4; level >= 1; level--)
        {
            entry = _memory.FrameWords(frame)[(int)(address >> (3 + (9 * level))) & 511];
            if ((entry & 1) == 0)
            {
                return 0;
            }

            frame = (entry & 0x000F_FFFF_FFFF_F000) >> 12;
        }

        return entry;
    }

    /// <summary>Every present entry of one level, with the frame of the table it stands in.</summary>
    public IEnumerable<(ulong Table, ulong Entry)> Entries(int level)
    {
        IEnumerable<ulong> tables = [State.Root.Value];
        for (int above = 4; above > level; above--)
        {
            tables = [.. tables.SelectMany(PresentEntries).Select(static entry => (entry & 0x000F_FFFF_FFFF_F000) >> 12)];
        }

        return tables.SelectMany(table => PresentEntries(table).Select(entry => (table, entry)));
    }

    public byte[] Read(ulong address, int length)
    {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length;)
        {
            ulong at = address + (ulong)done;
            int part = Math.Min(length - done, 4096 - (int)(at & 4095));
            ulong entry = EntryOf(at);
            Assert.NotEqual(0UL, entry);
            Assert.True(_memory.TryRead(
                new PhysicalAddress((entry & 0x000F_FFFF_FFFF_F000) | (at & 4095)), bytes.AsSpan(done, part)));
            done += part;
        }

        return bytes;
    }

    public ReadOnlySpan<byte> Frame(Mfn frame) => _memory.Frame(frame.Value);

    public void Dispose() => _memory.Dispose();

    private IEnumerable<ulong> PresentEntries(ulong table) => _memory.FrameWords(table).ToArray().Where(static entry => (entry & 1) != 0);
}
