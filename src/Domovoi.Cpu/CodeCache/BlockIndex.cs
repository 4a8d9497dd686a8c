// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;

namespace Domovoi.Cpu.CodeCache;

/// <summary>All blocks of a code buffer in the order of their host addresses, which is that of their making.</summary>
internal sealed class BlockIndex(nint start)
{
    private const int GranuleShift = 9;

    private readonly List<TranslatedBlock> _blocks = [];
    private readonly List<int> _first = [];                 // per granule of the buffer: the first block that begins in it or behind it

    internal IReadOnlyList<TranslatedBlock> All => _blocks;

    internal void Add(TranslatedBlock block)
    {
        int granule = GranuleOf(block.CheckedEntry);
        while (_first.Count <= granule)
        {
            _first.Add(_blocks.Count);
        }

        _blocks.Add(block);
    }

    /// <summary>The block whose code holds a host address.</summary>
    internal TranslatedBlock At(nint host)
    {
        ReadOnlySpan<TranslatedBlock> blocks = CollectionsMarshal.AsSpan(_blocks);
        int next = GranuleOf(host) + 1;
        int index = (next < _first.Count ? _first[next] : blocks.Length) - 1;
        while (index > 0 && blocks[index].CheckedEntry > host)
        {
            index--;
        }

        return blocks[index];
    }

    internal void Clear()
    {
        _blocks.Clear();
        _first.Clear();
    }

    private int GranuleOf(nint host) => (int)((host - start) >> GranuleShift);
}
