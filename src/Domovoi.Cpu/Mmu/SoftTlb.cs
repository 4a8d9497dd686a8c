// SPDX-License-Identifier: MIT
using Domovoi.Cpu.State;

namespace Domovoi.Cpu.Mmu;

/// <summary>How many translations a TLB keeps.</summary>
internal enum TlbReach
{
    All,

    /// <summary>The last one.</summary>
    One,

    None,
}

/// <summary>The tables that translated code looks linear addresses up in, and their C# side.</summary>
/// <remarks>
/// Four direct-mapped tables of 1024 pages: kernel and user mode, reading and writing. A page that must not be written
/// unseen (read-only, clean, holding translated code) is simply not in the write table. Each entry exists twice: {tag, delta}
/// for checks that may clobber flags, {-(page number)} and {delta} for those that may not. Filled slots are logged, so that
/// a flush after little work is cheap; pages of the kernel mode's upper half apart, as they outlive most flushes.
/// <code>host address = linear address + delta</code>
/// </remarks>
internal sealed unsafe class SoftTlb(byte* block)
{
    private const int LogCapacity = StateLayout.LogCapacity;
    private const int Mask = StateLayout.TlbEntries - 1;

    private readonly CpuState* _state = (CpuState*)block;
    private bool _kernelRanLowCode;

    /// <summary>For tests: see <see cref="VirtualCpu.TlbReach"/>.</summary>
    internal TlbReach Reach { get; set; }

    private Span<ushort> LowLog => new(block + StateLayout.LowLog, LogCapacity);

    private Span<ushort> HighLog => new(block + StateLayout.HighLog, LogCapacity);

    /// <summary>Empties everything, whatever was there.</summary>
    internal void Initialize()
    {
        for (int table = 0; table < 4; table++)
        {
            ClearTable(table);
        }

        (_state->LowLogged, _state->HighLogged) = (0, 0);
        ForgetZero();
    }

    /// <summary>Forgets all data and code translations.</summary>
    internal void Flush()
    {
        new Span<byte>(block + StateLayout.CodeTlb, 2 * StateLayout.CodeTlbStride).Clear();
        if (_state->LowLogged < LogCapacity && _state->HighLogged < LogCapacity)
        {
            ClearLogged(LowLog[.._state->LowLogged]);
            ClearLogged(HighLog[.._state->HighLogged]);
        }
        else
        {
            for (int table = 0; table < 4; table++)
            {
                ClearTable(table);
            }
        }

        (_state->LowLogged, _state->HighLogged, _kernelRanLowCode) = (0, 0, false);
    }

    /// <summary>Forgets all of user mode, and the lower half of the address space in kernel mode.</summary>
    internal void FlushLowerHalf()
    {
        int stride = StateLayout.CodeTlbStride;
        new Span<byte>(block + StateLayout.CodeTlb + (_kernelRanLowCode ? 0 : stride), _kernelRanLowCode ? 2 * stride : stride).Clear();
        if (_state->LowLogged < LogCapacity)
        {
            ClearLogged(LowLog[.._state->LowLogged]);
        }
        else
        {
            ClearLowerHalf(Table(CpuMode.Kernel, write: false));
            ClearLowerHalf(Table(CpuMode.Kernel, write: true));
            ClearTable(Table(CpuMode.User, write: false));
            ClearTable(Table(CpuMode.User, write: true));
        }

        (_state->LowLogged, _kernelRanLowCode) = (0, false);
    }

    /// <summary>Forgets one page in all tables.</summary>
    internal void Invalidate(ulong linear)
    {
        int slot = (int)(linear >> 12) & Mask;
        for (int table = 0; table < 4; table++)
        {
            ClearSlot(table, slot);
        }

        CodeSlots(CpuMode.Kernel)[slot] = 0;
        CodeSlots(CpuMode.User)[slot] = 0;
    }

    /// <summary>Makes a page known to one table.</summary>
    internal void Insert(CpuMode mode, bool write, ulong linear, nint hostPage)
    {
        if (Reach != TlbReach.All)
        {
            ClearLogged(LowLog[.._state->LowLogged]);
            ClearLogged(HighLog[.._state->HighLogged]);
            (_state->LowLogged, _state->HighLogged) = (0, 0);
            if (Reach == TlbReach.None)
            {
                return;
            }
        }

        ulong page = linear & ~0xFFFUL;
        int table = Table(mode, write);
        int slot = (int)(page >> 12) & Mask;
        long delta = hostPage - (long)page;
        ulong* entry = Entry(table, slot);
        entry[0] = page;
        entry[1] = (ulong)delta;
        *NegatedPage(table, slot) = 0 - (page >> 12);
        *Delta(table, slot) = delta;
        bool isLow = mode == CpuMode.User || (long)page >= 0;
        ref int logged = ref isLow ? ref _state->LowLogged : ref _state->HighLogged;
        if (logged < LogCapacity)
        {
            (isLow ? LowLog : HighLog)[logged++] = (ushort)((table << 10) | slot);
        }
    }

    /// <summary>The host address of <paramref name="size"/> bytes that lie in one page the table knows, or 0.</summary>
    internal nint Probe(CpuMode mode, bool write, ulong linear, int size)
    {
        ulong* entry = Entry(Table(mode, write), (int)(linear >> 12) & Mask);
        return (linear ^ entry[0]) <= (ulong)(4096 - size) ? (nint)(linear + entry[1]) : 0;
    }

    /// <summary>Takes a host page out of the write tables: it holds translated code from now on.</summary>
    internal void RevokeWrites(nint hostPage)
    {
        for (int table = 1; table < 4; table += 2)
        {
            for (int slot = 0; slot < StateLayout.TlbEntries; slot++)
            {
                ulong* entry = Entry(table, slot);
                if (entry[0] + entry[1] == (ulong)hostPage)
                {
                    ClearSlot(table, slot);
                }
            }
        }
    }

    /// <summary>The identity of the code page that a virtual page is now; 0 when unknown.</summary>
    internal ref int CodeSlot(CpuMode mode, ulong linear)
    {
        _kernelRanLowCode |= mode == CpuMode.Kernel && (long)linear >= 0;
        return ref CodeSlots(mode)[(int)(linear >> 12) & Mask];
    }

    /// <summary>Remembers where an indirect branch to <paramref name="rip"/> goes.</summary>
    internal void RememberJump(CpuMode mode, ulong rip, nint checkedEntry)
    {
        int slot = HostProcessor.HasBmi2 ? (int)(rip >> 1) & (StateLayout.JumpEntries - 1) : (byte)rip;
        ulong* entry = Jumps((int)mode) + (slot * 2);
        entry[0] = 0 - rip;
        entry[1] = (ulong)checkedEntry;
    }

    /// <summary>Forgets all indirect branches: the code they lead to is gone.</summary>
    internal void ForgetJumps()
    {
        for (int mode = 0; mode < 2; mode++)
        {
            new Span<ulong>(Jumps(mode), StateLayout.JumpEntries * 2).Clear();
        }

        ForgetZero();
    }

    /// <summary>A tag of 0 is that of address 0, which is looked up in the first slot: there it must be another.</summary>
    private void ForgetZero() => *Jumps(0) = *Jumps(1) = 1;

    private ulong* Jumps(int mode) => (ulong*)(block + StateLayout.JumpTable + (mode * StateLayout.JumpStride));

    private static int Table(CpuMode mode, bool write) => ((int)mode * 2) + (write ? 1 : 0);

    private int* CodeSlots(CpuMode mode) => (int*)(block + StateLayout.CodeTlb + ((int)mode * StateLayout.CodeTlbStride));

    private ulong* Entry(int table, int slot) =>
        (ulong*)(block + StateLayout.DataTlb + (table * StateLayout.DataTlbStride) + (slot * 16));

    private ulong* NegatedPage(int table, int slot) =>
        (ulong*)(block + StateLayout.NegatedPages + (table * StateLayout.FlagFreeStride) + (slot * 8));

    private long* Delta(int table, int slot) =>
        (long*)(block + StateLayout.Deltas + (table * StateLayout.FlagFreeStride) + (slot * 8));

    private void ClearSlot(int table, int slot)
    {
        // An address in slot i has i in bits 12 to 21, so tag 0 differs from it by a page at least; slot 0 differs in bit 12.
        Entry(table, slot)[0] = slot == 0 ? 0x1000UL : 0;
        Entry(table, slot)[1] = 0;
        *NegatedPage(table, slot) = 1;
    }

    private void ClearLogged(ReadOnlySpan<ushort> log)
    {
        foreach (ushort filled in log)
        {
            ClearSlot(filled >> 10, filled & Mask);
        }
    }

    private void ClearLowerHalf(int table)
    {
        for (int slot = 0; slot < StateLayout.TlbEntries; slot++)
        {
            if ((long)Entry(table, slot)[0] >= 0)
            {
                ClearSlot(table, slot);
            }
        }
    }

    private void ClearTable(int table)
    {
        new Span<byte>(block + StateLayout.DataTlb + (table * StateLayout.DataTlbStride), StateLayout.DataTlbStride).Clear();
        Entry(table, 0)[0] = 0x1000;
        new Span<ulong>(
            block + StateLayout.NegatedPages + (table * StateLayout.FlagFreeStride), StateLayout.TlbEntries).Fill(1);
    }
}
