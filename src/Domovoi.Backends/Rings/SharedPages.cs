// SPDX-License-Identifier: MIT
using Domovoi.Hypervisor.Grants;
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Backends.Rings;

/// <summary>Pages that a front end granted us for as long as it is connected, seen as one range of bytes.</summary>
/// <remarks>The guest may write to them at any moment: copy out, then look. Thread safe as guest memory is.</remarks>
public sealed class SharedPages : IDisposable
{
    private readonly GuestMemory _memory;
    private readonly GrantMapping[] _pages;

    private SharedPages(GuestMemory memory, GrantMapping[] pages)
    {
        _memory = memory;
        _pages = pages;
    }

    /// <summary>Bytes in all pages.</summary>
    public int Length => _pages.Length * PhysicalAddress.PageSize;

    /// <summary>Maps pages for reading and writing; null when one of them is not granted so.</summary>
    public static SharedPages? TryMap(GrantTable grants, GuestMemory memory, ReadOnlySpan<GrantRef> references)
    {
        GrantMapping[] pages = new GrantMapping[references.Length];
        for (int index = 0; index < pages.Length; index++)
        {
            if (!grants.TryMap(references[index], readOnly: false, out GrantMapping? page))
            {
                Array.ForEach(pages[..index], static mapped => mapped.Dispose());
                return null;
            }

            pages[index] = page!;
        }

        return new SharedPages(memory, pages);
    }

    /// <summary>Copies out; the range may cross pages but must lie inside.</summary>
    public void Read(int offset, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            int count = InOnePage(offset, destination.Length);
            _memory.TryRead(AddressOf(offset), destination[..count]);
            destination = destination[count..];
            offset += count;
        }
    }

    /// <summary>Copies in; the range may cross pages but must lie inside.</summary>
    public void Write(int offset, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            int count = InOnePage(offset, source.Length);
            _memory.TryWrite(AddressOf(offset), source[..count]);
            source = source[count..];
            offset += count;
        }
    }

    /// <summary>An aligned word, for indices that both ends use.</summary>
    public ref uint Word(int offset) => ref _memory.Shared<uint>(AddressOf(offset));

    public void Dispose() => Array.ForEach(_pages, static page => page.Dispose());

    private static int InOnePage(int offset, int length) =>
        Math.Min(length, PhysicalAddress.PageSize - (offset % PhysicalAddress.PageSize));

    private PhysicalAddress AddressOf(int offset) =>
        _pages[offset / PhysicalAddress.PageSize].Address + (ulong)(offset % PhysicalAddress.PageSize);
}
