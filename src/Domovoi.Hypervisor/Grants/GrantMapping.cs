// SPDX-License-Identifier: MIT
using Domovoi.Memory;
using Domovoi.Xen.Abi;

namespace Domovoi.Hypervisor.Grants;

/// <summary>A granted frame that a back end uses for a while: a ring. Dispose gives it back.</summary>
public sealed class GrantMapping : IDisposable
{
    private readonly GrantTable _table;
    private readonly GuestMemory _memory;
    private readonly GrantRef _reference;
    private readonly bool _readOnly;
    private int _disposed;

    internal GrantMapping(GrantTable table, GuestMemory memory, GrantRef reference, Mfn frame, bool readOnly)
    {
        _table = table;
        _memory = memory;
        _reference = reference;
        _readOnly = readOnly;
        Frame = frame;
    }

    /// <summary>The machine frame.</summary>
    public Mfn Frame { get; }

    /// <summary>Where the frame's bytes start, for <see cref="GuestMemory.Shared"/>.</summary>
    public PhysicalAddress Address => PhysicalAddress.OfFrame(Frame.Value);

    /// <summary>The frame's bytes; the guest may change them at any time.</summary>
    public Span<byte> Bytes => _memory.Frame(Frame.Value);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _table.Unpin(_reference, _readOnly);
        }
    }
}
