// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.CodeCache;

/// <summary>Code translated from one virtual page while it was one physical frame, in one mode.</summary>
/// <remarks>
/// Identities are never used twice: a link into a page compares the identity that the page has now with the one it was
/// made for, so retiring a page unlinks it everywhere at once.
/// </remarks>
internal sealed class CodePage(int id, ulong virtualPage, ulong frame, ModeKey mode)
{
    private readonly Dictionary<ulong, TranslatedBlock> _blocks = [];
    private Dictionary<ulong, TranslatedBlock>? _twins;      // few pages have any

    /// <summary>Positive, unique in the cache's life.</summary>
    internal int Id { get; } = id;

    /// <summary>The page's linear address.</summary>
    internal ulong VirtualPage { get; } = virtualPage;

    internal ulong Frame { get; } = frame;

    internal ModeKey Mode { get; } = mode;

    /// <summary>The frame was written to: nothing may enter here again.</summary>
    internal bool IsRetired { get; private set; }

    internal bool TryGet(ulong rip, out TranslatedBlock block) => _blocks.TryGetValue(rip, out block!);

    internal void Add(TranslatedBlock block) => _blocks[block.Rip] = block;

    /// <summary>Finds a block that checks each access by itself.</summary>
    internal bool TryGetTwin(ulong rip, out TranslatedBlock block)
    {
        block = null!;
        return _twins is not null && _twins.TryGetValue(rip, out block!);
    }

    internal void AddTwin(TranslatedBlock block) => (_twins ??= [])[block.Rip] = block;

    /// <summary>The block of a kind at an address, or null.</summary>
    internal TranslatedBlock? Has(ulong rip, BlockKind kind)
    {
        TranslatedBlock? block = (kind == BlockKind.Twin ? _twins : _blocks)?.GetValueOrDefault(rip);
        return kind == BlockKind.Loop && block is { IsRepeated: false } ? null : block;
    }

    internal void Retire()
    {
        IsRetired = true;
        _blocks.Clear();
        _twins = null;
    }
}
