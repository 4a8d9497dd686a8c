// SPDX-License-Identifier: MIT
namespace Domovoi.Cpu.Run;

/// <summary>DR0 to DR3 as DR7 enables them, SDM 3B §18.2: which instructions and accesses raise #DB.</summary>
/// <remarks>
/// While one is enabled the processor runs single instructions, and watched pages stay out of the TLB, so that each access to
/// them comes by here. What an instruction touched is told behind it; MOV and POP to SS put that off by one instruction.
/// <code>
/// DR7:  bit 2n, 2n+1  L, G: breakpoint n is enabled
///       bits 16+4n    R/W: 0 execution, 1 writing, 2 ports (not matched here), 3 reading and writing
///       bits 18+4n    LEN: 1, 2, 8, 4 bytes
/// </code>
/// </remarks>
internal sealed class Breakpoints
{
    private const int Count = 4;
    private const int OnExecution = 0;
    private const int OnWriting = 1;
    private const int OnPorts = 2;
    private const int NeverKind = -1;

    private readonly ulong[] _first = new ulong[Count];
    private readonly ulong[] _last = new ulong[Count];
    private readonly int[] _kind = [NeverKind, NeverKind, NeverKind, NeverKind];
    private ulong _found;
    private bool _listens;

    /// <summary>One is enabled.</summary>
    internal bool IsActive { get; private set; }

    /// <summary>Takes new values; true when something changed that translations depend on.</summary>
    internal bool Set(ReadOnlySpan<ulong> addresses, ulong control)
    {
        bool wasActive = IsActive;
        (IsActive, _found) = (false, 0);
        for (int index = 0; index < Count; index++)
        {
            int kind = (int)(control >> (16 + (index * 4))) & 3;
            bool enabled = ((control >> (index * 2)) & 3) != 0 && kind != OnPorts;
            ulong length = ((control >> (18 + (index * 4))) & 3) switch { 0 => 1, 1 => 2, 2 => 8, _ => 4 };
            _kind[index] = enabled ? kind : NeverKind;
            _first[index] = addresses[index] & ~(length - 1);
            _last[index] = _first[index] + (length - 1);
            IsActive |= enabled;
        }

        return IsActive || wasActive;
    }

    /// <summary>Guest code runs from here on: accesses count.</summary>
    internal void Listen() => _listens = IsActive;

    /// <summary>Guest code left; what it touched is kept only where the instruction will yet be finished for it.</summary>
    internal void Pause(bool keep)
    {
        _listens = false;
        _found = keep ? _found : 0;
    }

    /// <summary>What was touched since it was last asked, as bits of DR6.</summary>
    internal ulong Take()
    {
        ulong found = _found;
        _found = 0;
        return found;
    }

    internal bool HasFound => _found != 0;

    /// <summary>The breakpoints on execution at an address, as bits of DR6.</summary>
    internal ulong AtInstruction(ulong rip)
    {
        ulong found = 0;
        for (int index = 0; index < Count; index++)
        {
            found |= _kind[index] == OnExecution && _first[index] == rip ? 1UL << index : 0;
        }

        return found;
    }

    /// <summary>Notes an access within one page.</summary>
    /// <returns>Whether the page is watched.</returns>
    internal bool Touch(ulong linear, int size, bool write)
    {
        bool watched = false;
        for (int index = 0; index < Count; index++)
        {
            if (_kind[index] is NeverKind or OnExecution)
            {
                continue;
            }

            watched |= _first[index] >> 12 == linear >> 12;
            bool touches = linear <= _last[index] && _first[index] <= linear + (uint)(size - 1);
            if (_listens && touches && (write || _kind[index] != OnWriting))
            {
                _found |= 1UL << index;
            }
        }

        return watched;
    }
}
