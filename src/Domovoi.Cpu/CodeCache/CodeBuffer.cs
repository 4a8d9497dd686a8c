// SPDX-License-Identifier: MIT
using Domovoi.Linux;

namespace Domovoi.Cpu.CodeCache;

/// <summary>Memory for translated code: mapped twice, so that no address is ever writable and executable.</summary>
/// <remarks>
/// Code is bump-allocated and never freed one by one; <see cref="Reset"/> drops everything behind a mark. No memfd, because perf asks its
/// map for names only where memory belongs to no file.
/// </remarks>
internal sealed class CodeBuffer : IDisposable
{
    private const nuint Stretch = 1 << 20;
    private const int StretchesBetween = 4;

    private nuint _unmapped;

    internal CodeBuffer(nuint size)
    {
        Size = size;
        WriteStart = MemoryMapping.MapShared(size, PageProtection.Read | PageProtection.Write);
        RunStart = MemoryMapping.MapAgain(WriteStart, size, PageProtection.Read | PageProtection.Execute);
    }

    internal nuint Size { get; }

    internal nint WriteStart { get; }

    internal nint RunStart { get; }

    /// <summary>Bytes in use.</summary>
    internal nuint Used { get; private set; }

    internal nint NextWrite => WriteStart + (nint)Used;

    internal nint NextRun => RunStart + (nint)Used;

    internal nuint Free => Size - Used;

    /// <summary>Where bytes at a run address are written.</summary>
    internal nint ToWrite(nint run) => run - RunStart + WriteStart;

    internal bool Contains(nint run) => run >= RunStart && run < RunStart + (nint)Size;

    /// <summary>Takes everything up to <paramref name="run"/> into use, rounded up to 16 bytes.</summary>
    /// <remarks>
    /// Pages that are full leave the writable mapping's tables, so that they count once in the process's resident size;
    /// patching a link brings one back, until all leave again some stretches later.
    /// </remarks>
    internal void Commit(nint run)
    {
        Used = ((nuint)(run - RunStart) + 15) & ~(nuint)15;
        if (Used - _unmapped >= 2 * Stretch)
        {
            _unmapped += Stretch;
            nuint begin = _unmapped % (StretchesBetween * Stretch) == 0 ? 0 : _unmapped - Stretch;
            MemoryMapping.Forget(WriteStart + (nint)begin, _unmapped - begin);
        }
    }

    internal void Reset(nuint mark)
    {
        Used = mark;
        _unmapped = 0;
    }

    public void Dispose()
    {
        MemoryMapping.Unmap(WriteStart, Size);
        MemoryMapping.Unmap(RunStart, Size);
    }
}
